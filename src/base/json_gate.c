/*
 * The gate before the JSON reader: a recursive recogniser of RFC 8259 that is stricter where
 * readers disagree (RFC 7493): UTF-8 only, no repeated names, no lone surrogates, no NUL, a ceiling
 * on depth. Names of open objects stand on a stack, unescaped; when an object closes, those of its
 * own are looked through for repeats: pairwise while they are few, else sorted, so that a body of
 * distinct names costs n log n. Numbers are kept as they are written, so that the reader can take
 * integers by their digits.
 */
#include "json_gate.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_FEW = 12 };

static bool refuse(struct gate *gate, const char *why)
{
	if (!gate->why)
		gate->why = why;
	return false;
}

static bool out_of_memory(struct gate *gate)
{
	gate->no_memory = true;
	return refuse(gate, "out of memory");
}

/* The byte at hand, -1 at the end. */
static int peek(const struct gate *gate)
{
	return gate->at < gate->json.size ? (unsigned char)gate->json.at[gate->at] : -1;
}

static void skip_blanks(struct gate *gate)
{
	int c = peek(gate);

	while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
		gate->at++;
		c = peek(gate);
	}
}

/* ---- strings ---- */

/* Four hexadecimal digits at @at, -1 when they are not. */
static int32_t read_hex4(struct text json, size_t at)
{
	unsigned char bytes[2];

	if (json.size - at < 4 || !hex_parse(text_part(json, at, 4), bytes, 2))
		return -1;
	return bytes[0] << 8 | bytes[1];
}

static bool is_high(int32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* \uXXXX, or a pair of them, with @at behind the first u. */
static bool pass_unicode(struct gate *gate)
{
	int32_t unit = read_hex4(gate->json, gate->at);

	if (unit < 0)
		return refuse(gate, "a malformed \\u escape");
	if (unit == 0)
		return refuse(gate, "an escaped NUL");
	if (is_low(unit))
		return refuse(gate, "a lone surrogate");
	gate->at += 4;
	if (!is_high(unit))
		return true;
	if (!text_starts(text_part(gate->json, gate->at, 2), "\\u") ||
	    !is_low(read_hex4(gate->json, gate->at + 2)))
		return refuse(gate, "a lone surrogate");
	gate->at += 6;
	return true;
}

static bool pass_escape(struct gate *gate)
{
	gate->at++;

	int c = peek(gate);

	if (c <= 0 || !strchr("\"\\/bfnrtu", c))
		return refuse(gate, "an unknown escape");
	gate->at++;
	return c == 'u' ? pass_unicode(gate) : true;
}

/* A character of several bytes. */
static bool pass_high(struct gate *gate)
{
	const unsigned char *at = (const unsigned char *)gate->json.at + gate->at;
	size_t size = utf8_size(at, gate->json.size - gate->at);

	gate->at += size;
	return size || refuse(gate, "broken UTF-8");
}

/* A string with @at on its opening quote. @escaped tells whether it holds escapes. */
static bool pass_string(struct gate *gate, bool *escaped)
{
	gate->at++;
	*escaped = false;
	for (;;) {
		gate->at += plain_run(gate->json.at + gate->at, gate->json.size - gate->at, true);

		int c = peek(gate);

		if (c == '"') {
			gate->at++;
			return true;
		}
		if (c < 0)
			return refuse(gate, "an unfinished string");
		if (c < 0x20)
			return refuse(gate, "a control character in a string");
		*escaped = *escaped || c == '\\';
		if (!(c == '\\' ? pass_escape(gate) : pass_high(gate)))
			return false;
	}
}

static uint32_t read_point(struct text t, size_t *at)
{
	uint32_t unit = (uint32_t)read_hex4(t, *at);

	*at += 4;
	if (!is_high((int32_t)unit))
		return unit;

	uint32_t low = (uint32_t)read_hex4(t, *at + 2);

	*at += 6;
	return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* What the inside of a string that passed means. */
static struct text unescape(struct gate *gate, struct text t)
{
	static const char short_forms[128] = {
		['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r',
		['t'] = '\t', ['"'] = '"',  ['/'] = '/',  ['\\'] = '\\',
	};
	char *out = arena_take(gate->arena, t.size + 1);
	size_t size = 0;

	if (!out)
		return NO_TEXT;
	for (size_t at = 0; at < t.size;) {
		char c = t.at[at++];

		if (c != '\\') {
			out[size++] = c;
			continue;
		}
		c = t.at[at++];
		if (c == 'u')
			size += utf8_write(read_point(t, &at), out + size);
		else
			out[size++] = short_forms[(unsigned char)c];
	}
	return (struct text){ out, size };
}

/* ---- numbers ---- */

static bool pass_digits(struct gate *gate)
{
	size_t from = gate->at;

	while (peek(gate) >= '0' && peek(gate) <= '9')
		gate->at++;
	return gate->at > from || refuse(gate, "a malformed number");
}

static bool pass_number_text(struct gate *gate)
{
	if (peek(gate) == '-')
		gate->at++;
	if (peek(gate) == '0') {
		gate->at++;
		if (peek(gate) >= '0' && peek(gate) <= '9')
			return refuse(gate, "a number with a leading zero");
	} else if (!pass_digits(gate)) {
		return false;
	}
	if (peek(gate) == '.') {
		gate->at++;
		if (!pass_digits(gate))
			return false;
	}
	if (peek(gate) == 'e' || peek(gate) == 'E') {
		gate->at++;
		if (peek(gate) == '+' || peek(gate) == '-')
			gate->at++;
		return pass_digits(gate);
	}
	return true;
}

static bool pass_number(struct gate *gate)
{
	size_t from = gate->at;

	if (!pass_number_text(gate))
		return false;

	struct text *number = list_add(&gate->numbers, gate->arena, sizeof(*number));

	if (!number)
		return out_of_memory(gate);
	*number = (struct text){ gate->json.at + from, gate->at - from };
	return true;
}

/* ---- objects and arrays ---- */

static int compare_names(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Whether a name stands twice among @names, which may be put in order for it. */
static bool has_repeat(struct text *names, size_t count)
{
	if (count > NAMES_FEW) {
		qsort(names, count, sizeof(*names), compare_names);
		for (size_t i = 1; i < count; i++) {
			if (text_equal(names[i - 1], names[i]))
				return true;
		}
		return false;
	}
	for (size_t i = 1; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (text_equal(names[i], names[j]))
				return true;
		}
	}
	return false;
}

static bool pass_name(struct gate *gate)
{
	size_t from = gate->at + 1;
	bool escaped;

	if (peek(gate) != '"')
		return refuse(gate, "a name was expected");
	if (!pass_string(gate, &escaped))
		return false;

	struct text name = { gate->json.at + from, gate->at - 1 - from };
	struct text *kept = list_add(&gate->names, gate->arena, sizeof(*kept));

	*(kept ? kept : &name) = escaped ? unescape(gate, name) : name;
	return (kept && kept->at) || out_of_memory(gate);
}

static bool pass_value(struct gate *gate);

static bool pass_member(struct gate *gate)
{
	if (!pass_name(gate))
		return false;
	skip_blanks(gate);
	if (peek(gate) != ':')
		return refuse(gate, "a colon was expected");
	gate->at++;
	return pass_value(gate);
}

/* What stands between brackets: nothing, or items by @pass with commas between them, up to
 * @closing. */
static bool pass_items(struct gate *gate, int closing, bool (*pass)(struct gate *))
{
	if (++gate->depth > JSON_DEPTH_MAX)
		return refuse(gate, "nested too deeply");
	gate->at++;
	skip_blanks(gate);
	if (peek(gate) == closing) {
		gate->at++;
		gate->depth--;
		return true;
	}
	for (;;) {
		skip_blanks(gate);
		if (!pass(gate))
			return false;
		skip_blanks(gate);

		int c = peek(gate);

		gate->at++;
		if (c == closing) {
			gate->depth--;
			return true;
		}
		if (c != ',') {
			gate->at--;
			return refuse(gate, "a comma or a closing bracket was expected");
		}
	}
}

static bool pass_object(struct gate *gate)
{
	size_t mark = gate->names.count;

	if (!pass_items(gate, '}', pass_member))
		return false;
	if (gate->names.count > mark &&
	    has_repeat(LIST_ITEM(gate->names, struct text, mark), gate->names.count - mark))
		return refuse(gate, "a repeated name");
	gate->names.count = mark;
	return true;
}

static bool pass_word(struct gate *gate, const char *word)
{
	struct text rest = text_part(gate->json, gate->at, gate->json.size);

	if (!text_starts(rest, word))
		return refuse(gate, "an unknown word");
	gate->at += strlen(word);
	return true;
}

static bool pass_value(struct gate *gate)
{
	bool escaped;

	skip_blanks(gate);

	int c = peek(gate);

	switch (c) {
	case '{':
		return pass_object(gate);
	case '[':
		return pass_items(gate, ']', pass_value);
	case '"':
		return pass_string(gate, &escaped);
	case 't':
		return pass_word(gate, "true");
	case 'f':
		return pass_word(gate, "false");
	case 'n':
		return pass_word(gate, "null");
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return pass_number(gate);
		return refuse(gate, c < 0 ? "it ends too early" : "a value was expected");
	}
}

bool gate_passes(struct gate *gate)
{
	if (!pass_value(gate))
		return false;
	skip_blanks(gate);
	return gate->at == gate->json.size || refuse(gate, "text behind the value");
}

bool json_is_strict(struct text json, struct arena *arena, const char **why)
{
	struct gate gate = { .json = json, .arena = arena };
	bool passes = gate_passes(&gate);

	if (why)
		*why = gate.why;
	return passes;
}
