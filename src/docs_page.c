/*
 * The contract as a page for people: every operation under its tag, with method, path, sentence and
 * roles. The contract is read line by line, by the layout that the project gives to it: paths at
 * two blanks, methods at four, their members at six. No script, no foreign host: the page is as
 * strict as the policy it is served under.
 */
#include "docs.h"

#include <string.h>

struct operation {
	struct text tag, method, path, summary, summary_zh, roles;
	bool shown;
};

struct contract {
	struct arena *arena;
	struct text title, version, section, path;
	struct list operations; /* of struct operation */
	bool in_tags;           /* items of a list below `tags:` follow */
};

static const char *const methods[] = { "get", "post", "put", "patch", "delete", NULL };

/* ---- reading ---- */

static size_t blanks_before(struct text line)
{
	size_t count = 0;

	while (count < line.size && line.at[count] == ' ')
		count++;
	return count;
}

/* A scalar without quotes and brackets: "[a, b]" gives a, b. */
static struct text scalar_of(struct text value)
{
	value = text_trim(value);
	if (value.size < 2)
		return value;
	char first = value.at[0], last = value.at[value.size - 1];
	bool wrapped = (first == '"' && last == '"') || (first == '\'' && last == '\'') ||
		       (first == '[' && last == ']');
	return wrapped ? text_part(value, 1, value.size - 2) : value;
}

static struct operation *last_operation(struct contract *contract)
{
	if (!contract->operations.count)
		return NULL;
	return LIST_ITEM(contract->operations, struct operation, contract->operations.count - 1);
}

static bool add_operation(struct contract *contract, struct text method)
{
	struct operation *operation;

	if (word_find(methods, method) < 0)
		return true;
	operation = list_add(&contract->operations, contract->arena, sizeof(*operation));
	if (!operation)
		return false;
	*operation = (struct operation){ .method = method, .path = contract->path };
	return true;
}

static void take_member(struct contract *contract, struct text name, struct text value)
{
	struct operation *operation = last_operation(contract);

	contract->in_tags = text_is(name, "tags") && !value.size;
	if (!operation)
		return;
	if (text_is(name, "summary"))
		operation->summary = value;
	else if (text_is(name, "x-summary-zh"))
		operation->summary_zh = value;
	else if (text_is(name, "x-roles"))
		operation->roles = value;
	else if (text_is(name, "tags"))
		operation->tag = text_trim(text_cut(&value, ','));
}

static void take_tag(struct contract *contract, struct text line)
{
	struct operation *operation = last_operation(contract);

	if (contract->in_tags && operation && !operation->tag.size && text_starts(line, "- "))
		operation->tag = scalar_of(text_part(line, 2, line.size));
}

static void take_info(struct contract *contract, size_t blanks, struct text name, struct text value)
{
	if (blanks == 2 && text_is(name, "title"))
		contract->title = value;
	if (blanks == 2 && text_is(name, "version"))
		contract->version = value;
}

/* A line below `paths:`, without its blanks. False when out of memory. */
static bool take_path(struct contract *contract, size_t blanks, struct text line)
{
	struct text value = line;
	struct text name = scalar_of(text_cut(&value, ':'));

	if (blanks == 2)
		contract->path = name;
	else if (blanks == 4)
		return add_operation(contract, name);
	else if (text_starts(line, "- "))
		take_tag(contract, line);
	else if (blanks == 6)
		take_member(contract, name, scalar_of(value));
	return true;
}

/* False when out of memory. */
static bool take_line(struct contract *contract, struct text line)
{
	size_t blanks = blanks_before(line);
	struct text rest = text_part(line, blanks, line.size), value = rest;
	struct text name = scalar_of(text_cut(&value, ':'));

	if (!rest.size || rest.at[0] == '#')
		return true;
	if (blanks == 0)
		contract->section = name;
	else if (text_is(contract->section, "info"))
		take_info(contract, blanks, name, scalar_of(value));
	else if (text_is(contract->section, "paths"))
		return take_path(contract, blanks, rest);
	return true;
}

/* ---- writing ---- */

static void html_open(struct buffer *out, const char *title)
{
	buffer_add(out, TEXT("<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, "
			     "initial-scale=1\">\n"
			     "<link rel=\"stylesheet\" href=\"/docs/docs.css\">\n<title>"));
	buffer_html(out, text_of(title));
	buffer_add(out, TEXT("</title>\n<main>\n"));
}

static void html_close(struct buffer *out)
{
	buffer_add(out, TEXT("</main>\n</html>\n"));
}

static void write_operation(struct buffer *out, const struct operation *operation)
{
	buffer_print(out, "<tr><td><b class=\"%.*s\">", TEXT_FMT(operation->method));
	for (size_t i = 0; i < operation->method.size; i++)
		buffer_char(out, (char)(operation->method.at[i] - 'a' + 'A'));
	buffer_add(out, TEXT("</b><td><code>"));
	buffer_html(out, operation->path);
	buffer_add(out, TEXT("</code><td>"));
	buffer_html(out, operation->summary_zh);
	buffer_add(out, TEXT("<p lang=\"en\">"));
	buffer_html(out, operation->summary);
	buffer_add(out, TEXT("</p><td>"));
	buffer_html(out, operation->roles.size ? operation->roles : TEXT("公开 public"));
	buffer_char(out, '\n');
}

static void write_group(struct buffer *out, const struct contract *contract, struct text tag)
{
	buffer_add(out, TEXT("<h2>"));
	buffer_html(out, tag);
	buffer_add(out, TEXT("</h2>\n<table>\n<tr><th>方法<th>路径<th>说明<th>角色\n"));
	for (size_t i = 0; i < contract->operations.count; i++) {
		struct operation *operation = LIST_ITEM(contract->operations, struct operation, i);

		if (operation->shown || !text_equal(operation->tag, tag))
			continue;
		operation->shown = true;
		write_operation(out, operation);
	}
	buffer_add(out, TEXT("</table>\n"));
}

static void write_page(struct buffer *out, const struct contract *contract)
{
	html_open(out, "乡采 API");
	buffer_add(out, TEXT("<h1>"));
	buffer_html(out, contract->title.size ? contract->title : TEXT("乡采 API"));
	buffer_add(out, TEXT(" <small>"));
	buffer_html(out, contract->version);
	buffer_print(out,
		     "</small></h1>\n<p>%zu 个接口，按主题排列；完整契约（OpenAPI 3.1）："
		     "<a href=\"/api/v1/openapi.yaml\">openapi.yaml</a>。"
		     " <span lang=\"en\">%zu operations by topic; the whole contract is that "
		     "file.</span></p>\n",
		     contract->operations.count, contract->operations.count);
	for (size_t i = 0; i < contract->operations.count; i++) {
		const struct operation *operation =
			LIST_ITEM(contract->operations, struct operation, i);
		if (!operation->shown)
			write_group(out, contract, operation->tag);
	}
	html_close(out);
}

bool docs_render(struct text yaml, struct arena *arena, struct buffer *out)
{
	struct contract contract = { .arena = arena };

	while (yaml.at) {
		struct text line = text_cut(&yaml, '\n');

		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		if (!take_line(&contract, line))
			return false;
	}
	if (!contract.operations.count)
		return false;
	write_page(out, &contract);
	return !out->failed;
}
