/*
 * What stands behind an operation on the page /docs: its parameters, the fields of its body and of
 * its answer with types and limits as the contract has them, and a call by curl for whatever
 * writes. A `$ref` is followed one level deep: to the fields of a schema, and from a field to what
 * kind of value it is.
 */
#include "docs_contract.h"

#include <string.h>

/* ---- finding ---- */

static struct text find_component(const struct contract *contract, struct text reference)
{
	struct text rest = reference, part = NO_TEXT, group = NO_TEXT;

	while (rest.size) {
		group = part;
		part = text_cut(&rest, '/');
	}
	for (size_t i = 0; i < contract->components.count; i++) {
		const struct component *row = LIST_ITEM(contract->components, struct component, i);
		if (text_equal(row->name, part) && text_equal(row->group, group))
			return row->lines;
	}
	return NO_TEXT;
}

static struct text last_part(struct text reference)
{
	struct text part = NO_TEXT;

	while (reference.size)
		part = text_cut(&reference, '/');
	return part;
}

/* What stands in quotes behind the first `$ref:` of @t. */
static struct text reference_in(struct text t)
{
	const char *at = t.size ? memmem(t.at, t.size, "$ref: \"", 7) : NULL;

	if (!at)
		return NO_TEXT;
	size_t from = (size_t)(at - t.at) + 7;
	struct text rest = text_part(t, from, t.size - from);
	return text_cut(&rest, '"');
}

/* The lines below the line `@name:` of @block, whatever is indented deeper than that. */
static struct text lines_below(struct text block, const char *name)
{
	struct text rest = block;

	while (rest.size) {
		struct text line = text_cut(&rest, '\n');
		size_t blanks = blanks_before(line), size = 0;
		struct text value = text_trim(line), key = text_cut(&value, ':'), below = rest;

		if (!text_is(scalar_of(key), name) || text_trim(value).size)
			continue;
		while (below.size) {
			struct text next = text_cut(&below, '\n');

			if (text_trim(next).size && blanks_before(next) <= blanks)
				break;
			size = below.at ? (size_t)(below.at - rest.at) : rest.size;
		}
		return text_part(rest, 0, size);
	}
	return NO_TEXT;
}

/* The scalar behind `@name:` in @block, a flow mapping or lines. */
static struct text value_of(struct text block, const char *name)
{
	for (size_t i = 0; i < block.size; i++) {
		struct text here = text_part(block, i, block.size - i);
		bool begins = i == 0 || strchr(" {,\n", block.at[i - 1]) != NULL;

		if (!begins || !text_starts(here, name) || here.size <= strlen(name) ||
		    here.at[strlen(name)] != ':')
			continue;
		struct text rest = text_part(here, strlen(name) + 1, here.size);
		struct text line = text_trim(text_cut(&rest, '\n'));
		bool list = text_starts(line, "["), quoted = text_starts(line, "\"");
		if (quoted)
			line = text_part(line, 1, line.size);
		struct text value = text_cut(&line, list ? ']' : quoted ? '"' : ',');
		if (list)
			return text_part(value, 1, value.size);
		while (value.size && !quoted && strchr(" }", value.at[value.size - 1]))
			value.size--;
		return value;
	}
	return NO_TEXT;
}

static bool list_has(struct text list, struct text name)
{
	while (list.size)
		if (text_equal(text_trim(text_cut(&list, ',')), name))
			return true;
	return false;
}

/* ---- kinds of values ---- */

static void write_facts(struct buffer *out, struct text shape)
{
	static const struct {
		const char *name, *before;
	} facts[] = {
		{ "type", "" },         { "format", ", " },      { "enum", ": " },
		{ "const", " = " },     { "minLength", ", ≥ " }, { "maxLength", ", ≤ " },
		{ "minimum", ", ≥ " },  { "maximum", ", ≤ " },   { "minItems", ", ≥ " },
		{ "maxItems", ", ≤ " }, { "pattern", ", " },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct text value = value_of(shape, facts[i].name);

		if (!value.size)
			continue;
		buffer_add(out, text_of(facts[i].before));
		buffer_html(out, value);
	}
}

/* The kind of a field: its own facts, and those of what it refers to. */
static void write_shape(struct buffer *out, const struct contract *contract, struct text shape)
{
	struct text reference = reference_in(shape);
	struct text target = reference.size ? find_component(contract, reference) : NO_TEXT;

	buffer_add(out, TEXT("<code>"));
	write_facts(out, shape);
	if (reference.size) {
		buffer_char(out, ' ');
		buffer_html(out, last_part(reference));
	}
	if (target.size && !lines_below(target, "properties").size) {
		buffer_add(out, TEXT(" ("));
		write_facts(out, target);
		buffer_char(out, ')');
	}
	buffer_add(out, TEXT("</code> "));
	buffer_html(out, value_of(shape, "description"));
}

static void write_row(struct buffer *out, const struct contract *contract, struct text name,
		      const char *where, bool required, struct text shape)
{
	buffer_add(out, TEXT("<li><b>"));
	buffer_html(out, name);
	buffer_print(out, "</b>%s%s ", where, required ? " <em>必填 required</em>" : "");
	write_shape(out, contract, shape);
	buffer_char(out, '\n');
}

/* ---- fields of a schema ---- */

typedef void field_use(void *context, struct text name, struct text shape, bool required);

/* Each property of @schema with what is said of it, on its line and on those below. */
static void each_field(struct text schema, field_use *use, void *context)
{
	struct text required = value_of(schema, "required");
	struct text rest = lines_below(schema, "properties");
	const char *all_end = rest.size ? rest.at + rest.size : rest.at;
	size_t level = blanks_before(rest);

	while (rest.size) {
		struct text line = text_cut(&rest, '\n'), shape = text_trim(line);
		struct text name = text_cut(&shape, ':'), below = rest;

		while (below.size) {
			struct text next = text_cut(&below, '\n');

			if (text_trim(next).size && blanks_before(next) <= level)
				break;
			rest = below;
		}
		const char *end = rest.size ? rest.at : all_end;
		if (!text_trim(shape).size)
			shape = (struct text){ line.at, (size_t)(end - line.at) };
		if (name.size && name.at[0] != '#')
			use(context, scalar_of(name), shape, list_has(required, name));
	}
}

struct writing {
	struct buffer *out;
	const struct contract *contract;
	bool any;
};

static void write_field(void *context, struct text name, struct text shape, bool required)
{
	struct writing *writing = context;

	write_row(writing->out, writing->contract, name, "", required, shape);
}

static void write_schema(struct buffer *out, const struct contract *contract, const char *title,
			 struct text lines)
{
	struct text reference = reference_in(lines);
	struct text schema = find_component(contract, reference);
	struct writing writing = { .out = out, .contract = contract };

	if (!reference.size || text_starts(reference, "#/components/responses"))
		return;
	buffer_print(out, "<h4>%s <code>%.*s</code></h4>\n<ul>\n", title,
		     TEXT_FMT(last_part(reference)));
	if (lines_below(schema, "properties").size)
		each_field(schema, write_field, &writing);
	else
		write_row(out, contract, last_part(reference), "", false, lines);
	buffer_add(out, TEXT("</ul>\n"));
}

/* ---- parameters ---- */

static void write_parameter(struct buffer *out, const struct contract *contract, struct text item)
{
	struct text reference = reference_in(item);
	struct text lines = item;

	if (text_starts(reference, "#/components/parameters"))
		lines = find_component(contract, reference);
	struct text where = value_of(lines, "in");
	const char *place = text_is(where, "path")    ? " 路径 path"
			    : text_is(where, "query") ? " 查询 query"
						      : " 请求头 header";
	write_row(out, contract, value_of(lines, "name"), place,
		  text_is(value_of(lines, "required"), "true"), lines);
}

static void write_parameters(struct buffer *out, const struct contract *contract, struct text block)
{
	struct text rest = lines_below(block, "parameters");

	while (rest.size) {
		struct text from = rest, below = rest;

		text_cut(&rest, '\n');
		below = rest;
		while (below.size && !text_starts(text_trim(below), "- ")) {
			text_cut(&below, '\n');
			rest = below;
		}
		write_parameter(out, contract,
				rest.size ? text_part(from, 0, (size_t)(rest.at - from.at)) : from);
	}
}

/* ---- the example ---- */

static void write_sample(void *context, struct text name, struct text shape, bool required)
{
	struct writing *writing = context;
	struct text target = find_component(writing->contract, reference_in(shape));
	struct text words = value_of(shape, "enum"), type = value_of(shape, "type");

	if (!required)
		return;
	if (!words.size)
		words = value_of(target, "enum");
	if (!type.size)
		type = value_of(target, "type");
	buffer_add(writing->out, writing->any ? TEXT(",\"") : TEXT("\""));
	writing->any = true;
	buffer_html(writing->out, name);
	buffer_add(writing->out, TEXT("\":"));
	type = text_trim(text_cut(&type, ','));
	if (words.size && !text_is(type, "array")) {
		buffer_char(writing->out, '"');
		buffer_html(writing->out, scalar_of(text_cut(&words, ',')));
		buffer_char(writing->out, '"');
	} else if (text_is(type, "integer")) {
		buffer_char(writing->out, '1');
	} else if (text_is(type, "boolean")) {
		buffer_add(writing->out, TEXT("true"));
	} else if (text_is(type, "array")) {
		buffer_add(writing->out, TEXT("[…]"));
	} else {
		buffer_add(writing->out, text_is(type, "object") ? TEXT("{…}") : TEXT("\"…\""));
	}
}

static void write_example_body(struct buffer *out, const struct contract *contract,
			       struct text body)
{
	struct text media = text_trim(lines_below(body, "content"));
	struct text schema = find_component(contract, reference_in(body));
	struct writing writing = { .out = out, .contract = contract };

	media = text_cut(&media, ':');
	if (!text_is(media, "application/json")) {
		buffer_print(out, " \\\n  -H 'Content-Type: %.*s' --data-binary @file",
			     TEXT_FMT(scalar_of(media)));
		return;
	}
	buffer_add(out, TEXT(" \\\n  -H 'Content-Type: application/json' -d '{"));
	each_field(schema, write_sample, &writing);
	buffer_add(out, TEXT("}'"));
}

static bool mentions(struct text t, const char *part)
{
	return t.size && memmem(t.at, t.size, part, strlen(part));
}

static void write_example(struct buffer *out, const struct contract *contract,
			  const struct operation *operation)
{
	struct text body = lines_below(operation->lines, "requestBody");

	if (text_is(operation->method, "get"))
		return;
	buffer_add(out, TEXT("<pre>curl -X "));
	for (size_t i = 0; i < operation->method.size; i++)
		buffer_char(out, (char)(operation->method.at[i] - 'a' + 'A'));
	buffer_add(out, TEXT(" \"$host"));
	buffer_html(out, operation->path);
	buffer_char(out, '"');
	if (operation->roles.size)
		buffer_add(out, TEXT(" \\\n  -H \"Authorization: Bearer $token\""));
	if (mentions(operation->lines, "IdempotencyKey\""))
		buffer_add(out, TEXT(" \\\n  -H \"Idempotency-Key: $(uuidgen)\""));
	if (mentions(operation->lines, "parameters/IfMatch\""))
		buffer_add(out, TEXT(" \\\n  -H 'If-Match: *'"));
	if (body.size)
		write_example_body(out, contract, body);
	buffer_add(out, TEXT("</pre>\n"));
}

void docs_write_details(struct buffer *out, const struct contract *contract,
			const struct operation *operation)
{
	struct text answers = lines_below(operation->lines, "responses");
	size_t before;

	buffer_add(out, TEXT("<details><summary>参数与字段 <span lang=\"en\">details</span>"
			     "</summary>\n<ul>\n"));
	before = out->size;
	write_parameters(out, contract, operation->shared);
	write_parameters(out, contract, operation->lines);
	if (out->size == before)
		buffer_add(out, TEXT("<li>没有参数 <span lang=\"en\">no parameters</span>\n"));
	buffer_add(out, TEXT("</ul>\n"));
	write_schema(out, contract, "请求体 body",
		     lines_below(lines_below(operation->lines, "requestBody"), "content"));
	write_schema(out, contract, "应答 answer", lines_below(answers, "content"));
	write_example(out, contract, operation);
	buffer_add(out, TEXT("</details>\n"));
}
