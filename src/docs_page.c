/*
 * The contract as a page for people: every operation under its tag, with method, path, sentence and
 * roles. The contract is read line by line, by the layout that the project gives to it: paths at
 * two blanks, methods at four, their members at six; components by groups at two and names at four.
 * No foreign host: the page is as strict as the policy it is served under, and its script, which
 * filters, is only a help.
 */
#include "docs.h"
#include "docs_contract.h"

#include <string.h>

static const char *const methods[] = { "get", "post", "put", "patch", "delete", NULL };

/* ---- reading ---- */

size_t blanks_before(struct text line)
{
	size_t count = 0;

	while (count < line.size && line.at[count] == ' ')
		count++;
	return count;
}

struct text scalar_of(struct text value)
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
	*operation = (struct operation){ .method = method,
					 .path = contract->path,
					 .shared = contract->shared };
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

static void take_tag_of_all(struct contract *contract, struct text line)
{
	bool begins = text_starts(line, "- ");
	struct text value = begins ? text_part(line, 2, line.size) : line;
	struct text name = text_cut(&value, ':');
	struct contract_tag *tag;

	if (begins) {
		tag = list_add(&contract->tags, contract->arena, sizeof(*tag));
		if (tag)
			*tag = (struct contract_tag){ .name = scalar_of(value) };
	} else if (contract->tags.count && text_is(name, "description")) {
		tag = LIST_ITEM(contract->tags, struct contract_tag, contract->tags.count - 1);
		tag->description = scalar_of(value);
	}
}

/* Makes @block reach to the end of @line. */
static void reach(struct text *block, struct text line)
{
	if (!block->at)
		*block = line;
	block->size = (size_t)(line.at + line.size - block->at);
}

/* A whole line below `components:`. */
static bool take_component(struct contract *contract, size_t blanks, struct text line,
			   struct text name)
{
	struct component *component;

	if (blanks == 2)
		contract->group = name;
	if (blanks == 4) {
		component = list_add(&contract->components, contract->arena, sizeof(*component));
		if (!component)
			return false;
		*component = (struct component){ .group = contract->group, .name = name };
	}
	if (blanks > 4 && contract->components.count)
		reach(&LIST_ITEM(contract->components, struct component,
				 contract->components.count - 1)
			       ->lines,
		      line);
	return true;
}

/* The whole line goes to its operation, or to all of its path. */
static void take_block(struct contract *contract, size_t blanks, struct text line)
{
	struct operation *operation = last_operation(contract);

	if (blanks == 2)
		contract->shared = NO_TEXT;
	else if (operation && operation->path.at == contract->path.at && blanks > 4)
		reach(&operation->lines, line);
	else if (!operation || operation->path.at != contract->path.at)
		reach(&contract->shared, line);
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
	else if (text_is(contract->section, "tags"))
		take_tag_of_all(contract, rest);
	else if (text_is(contract->section, "components"))
		return take_component(contract, blanks, line, name);
	else if (text_is(contract->section, "paths")) {
		take_block(contract, blanks, line);
		return take_path(contract, blanks, rest);
	}
	return true;
}

/* ---- writing ---- */

static void html_open(struct buffer *out, const char *title)
{
	buffer_add(out, TEXT("<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, "
			     "initial-scale=1\">\n"
			     "<link rel=\"stylesheet\" href=\"/docs/docs.css\">\n"
			     "<script src=\"/docs/docs.js\" defer></script>\n<title>"));
	buffer_html(out, text_of(title));
	buffer_add(out, TEXT("</title>\n<main>\n"));
}

static void html_close(struct buffer *out)
{
	buffer_add(out, TEXT("</main>\n</html>\n"));
}

static void write_operation(struct buffer *out, const struct contract *contract,
			    const struct operation *operation)
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
	buffer_add(out, TEXT("</p>"));
	docs_write_details(out, contract, operation);
	buffer_add(out, TEXT("<td>"));
	buffer_html(out, !operation->roles.size             ? TEXT("公开 public")
			 : text_is(operation->roles, "any") ? TEXT("any 已登录者 logged in")
							    : operation->roles);
	buffer_char(out, '\n');
}

/* "商城，公开 · the shop, public", and the tag itself where nothing is said of it. */
static void write_heading(struct buffer *out, const struct contract *contract, struct text tag)
{
	for (size_t i = 0; i < contract->tags.count; i++) {
		const struct contract_tag *row = LIST_ITEM(contract->tags, struct contract_tag, i);

		if (text_equal(row->name, tag) && row->description.size) {
			buffer_html(out, row->description);
			return;
		}
	}
	buffer_html(out, tag);
}

static void write_group(struct buffer *out, const struct contract *contract, struct text tag)
{
	buffer_add(out, TEXT("<section>\n<h2 id=\""));
	buffer_html(out, tag);
	buffer_add(out, TEXT("\">"));
	write_heading(out, contract, tag);
	buffer_add(out, TEXT("</h2>\n<table>\n<tr><th>方法 method<th>路径 path<th>说明 what it does"
			     "<th>角色 roles\n"));
	for (size_t i = 0; i < contract->operations.count; i++) {
		struct operation *operation = LIST_ITEM(contract->operations, struct operation, i);

		if (operation->shown || !text_equal(operation->tag, tag))
			continue;
		operation->shown = true;
		write_operation(out, contract, operation);
	}
	buffer_add(out, TEXT("</table>\n</section>\n"));
}

static bool tag_is_first(const struct contract *contract, size_t index)
{
	struct text tag = LIST_ITEM(contract->operations, struct operation, index)->tag;

	for (size_t i = 0; i < index; i++)
		if (text_equal(LIST_ITEM(contract->operations, struct operation, i)->tag, tag))
			return false;
	return true;
}

static size_t tag_count(const struct contract *contract, struct text tag)
{
	size_t count = 0;

	for (size_t i = 0; i < contract->operations.count; i++)
		count += text_equal(LIST_ITEM(contract->operations, struct operation, i)->tag, tag);
	return count;
}

static void write_index(struct buffer *out, const struct contract *contract)
{
	buffer_add(out, TEXT("<nav>\n<ul>\n"));
	for (size_t i = 0; i < contract->operations.count; i++) {
		struct text tag = LIST_ITEM(contract->operations, struct operation, i)->tag;

		if (!tag_is_first(contract, i))
			continue;
		buffer_add(out, TEXT("<li><a href=\"#"));
		buffer_html(out, tag);
		buffer_add(out, TEXT("\">"));
		write_heading(out, contract, tag);
		buffer_print(out, "</a> %zu\n", tag_count(contract, tag));
	}
	buffer_add(out, TEXT("</ul>\n</nav>\n"
			     "<p id=\"filter\" hidden><label>筛选 filter <input type=\"search\" "
			     "autocomplete=\"off\"></label> <output></output></p>\n"));
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
		     "file.</span></p>\n"
		     "<p>角色一栏：任一所列角色即可；any 表示任何已登录的人；公开表示无需登录。"
		     " <span lang=\"en\">Roles: any one of those listed; <code>any</code> is "
		     "whoever is logged in; public needs no login.</span></p>\n",
		     contract->operations.count, contract->operations.count);
	write_index(out, contract);
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
