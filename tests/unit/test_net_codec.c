/*
 * The codec against raw bytes: a table of what clients, attackers and broken programs send, each
 * with what must come of it, each fed whole, byte by byte, and split in two at every position; the
 * same bytes must give the same result however they arrive.
 */
#include "test_net_samples.h"
#include "xiangcai/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What came of the bytes, in the words of the samples. */
static void tell_request(const struct codec *codec, bool expects, struct buffer *out)
{
	const struct http_request *request = codec_request(codec);

	if (out->size)
		buffer_add(out, TEXT(", "));
	buffer_print(out, "%.*s %.*s", TEXT_FMT(request->method_text), TEXT_FMT(request->path));
	if (request->query.at)
		buffer_print(out, "?%.*s", TEXT_FMT(request->query));
	buffer_print(out, " %.*s %s", TEXT_FMT(request->host),
		     codec_keeps_alive(codec) ? "k" : "c");
	if (request->http_1_0)
		buffer_char(out, '0');
	if (expects)
		buffer_char(out, '+');
	if (request->body.size)
		buffer_print(out, " [%.*s]", TEXT_FMT(request->body));
}

struct run {
	struct codec *codec;
	struct buffer out;
	bool fed, expects, failed;
};

static void feed(struct run *run, struct text bytes)
{
	/* A copy of its own, so that ASan sees a read beyond it, and a request that points into it.
	 */
	char *copy = malloc(bytes.size + 1);
	struct text input = { copy, bytes.size };
	enum codec_event event = CODEC_MORE;

	memcpy(copy, bytes.at, bytes.size);
	while (!run->failed && (input.size || event != CODEC_MORE)) {
		run->fed |= input.size > 0;
		event = codec_feed(run->codec, &input);
		if (event == CODEC_HEAD) {
			run->expects = codec_expects_continue(run->codec);
			codec_accept(run->codec, BODY_MAX);
		} else if (event == CODEC_REQUEST) {
			tell_request(run->codec, run->expects, &run->out);
			codec_next(run->codec);
			run->fed = false;
		} else if (event == CODEC_ERROR) {
			buffer_print(&run->out, "%s%d", run->out.size ? ", " : "",
				     err_info(codec_error(run->codec))->status);
			run->failed = true;
		} else {
			assert_int_equal(input.size, 0);
		}
	}
	free(copy);
}

static struct run run_begin(void)
{
	return (struct run){ .codec = codec_new() };
}

/* The transcript; free with free. */
static char *run_end(struct run *run)
{
	char *words;

	if (!run->failed && run->fed)
		buffer_print(&run->out, "%s~", run->out.size ? ", " : "");
	words = strndup(run->out.at ? run->out.at : "", run->out.size);
	codec_free(run->codec);
	buffer_free(&run->out);
	return words;
}

static char *run_split(struct text raw, size_t at)
{
	struct run run = run_begin();

	feed(&run, text_part(raw, 0, at));
	feed(&run, text_part(raw, at, raw.size));
	return run_end(&run);
}

static char *run_bytes(struct text raw)
{
	struct run run = run_begin();

	for (size_t i = 0; i < raw.size; i++)
		feed(&run, text_part(raw, i, 1));
	return run_end(&run);
}

static bool agrees(char *words, const char *expected, struct text raw, const char *how, size_t at)
{
	bool same = strcmp(words, expected) == 0;

	if (!same)
		print_error("%.*s\n  %s at %zu\n  gave     %s\n  expected %s\n", TEXT_FMT(raw), how,
			    at, words, expected);
	free(words);
	return same;
}

/* Splits of long inputs are tried at steps, and near both ends. */
static size_t check(struct text raw, const char *expected)
{
	size_t step = raw.size > 2000 ? raw.size / 97 : 1;

	if (!agrees(run_split(raw, 0), expected, raw, "whole", 0))
		return 1;
	if (!agrees(run_bytes(raw), expected, raw, "byte by byte", 0))
		return 1;
	for (size_t at = 1; at < raw.size; at += at < 20 || at + 20 > raw.size ? 1 : step)
		if (!agrees(run_split(raw, at), expected, raw, "split", at))
			return 1;
	return 0;
}

static void every_sample_in_any_split(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		wrong += check((struct text){ samples[i].raw, samples[i].size },
			       samples[i].expected);
	print_message("%zu samples\n", COUNT_OF(samples));
	assert_int_equal(wrong, 0);
}

/* ---- ceilings ---- */

static void repeat(struct buffer *out, char c, size_t count)
{
	while (count--)
		buffer_char(out, c);
}

static void expect_status(struct buffer *raw, const char *expected)
{
	char *whole = run_split(buffer_text(raw), 0);
	size_t wrong;

	/* Accepted requests are told by their first word: their targets are too long to write down.
	 */
	if (expected[0] > '9')
		assert_memory_equal(whole, expected, strlen(expected));
	wrong = check(buffer_text(raw), expected[0] > '9' ? whole : expected);
	free(whole);
	assert_int_equal(wrong, 0);
	buffer_free(raw);
}

static void target_is_bounded(void **state)
{
	static const struct {
		size_t size;
		const char *expected;
	} cases[] = { { HTTP_TARGET_MAX, "GET /xxx" },
		      { HTTP_TARGET_MAX + 1, "414" },
		      { HTTP_TARGET_MAX * 2, "414" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT("GET /"));
		repeat(&raw, 'x', cases[i].size - 1);
		buffer_add(&raw, TEXT(" HTTP/1.1\r\n" HOST END));
		expect_status(&raw, cases[i].expected);
	}
}

static void endless_line_is_refused_before_its_end(void **state)
{
	struct buffer raw = { 0 };

	(void)state;
	repeat(&raw, 'x', KIB(20));
	expect_status(&raw, "414");
	buffer_add(&raw, TEXT(GET HOST));
	repeat(&raw, 'x', KIB(20));
	expect_status(&raw, "431");
	buffer_add(&raw, TEXT(POST("Transfer-Encoding: chunked\r\n", "5;")));
	repeat(&raw, 'x', KIB(20));
	expect_status(&raw, "400");
}

static void field_line_is_bounded(void **state)
{
	static const struct {
		size_t size;
		const char *expected;
	} cases[] = { { HTTP_LINE_MAX, "GET / a k" }, { HTTP_LINE_MAX + 1, "431" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT(GET HOST "A: "));
		repeat(&raw, 'x', cases[i].size - 5);
		buffer_add(&raw, TEXT("\r\n" END));
		expect_status(&raw, cases[i].expected);
	}
}

static void head_is_bounded(void **state)
{
	const size_t around = sizeof(GET HOST END) - 1;

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct buffer raw = { 0 };
		size_t left = HTTP_HEAD_MAX - around + over;

		buffer_add(&raw, TEXT(GET HOST));
		for (; left > 1000; left -= 1000) {
			buffer_add(&raw, TEXT("A: "));
			repeat(&raw, 'x', 1000 - 5);
			buffer_add(&raw, TEXT("\r\n"));
		}
		buffer_add(&raw, TEXT("A: "));
		repeat(&raw, 'x', left - 5);
		buffer_add(&raw, TEXT("\r\n" END));
		expect_status(&raw, over ? "431" : "GET / a k");
	}
}

static void fields_are_counted(void **state)
{
	(void)state;
	for (size_t count = HTTP_FIELDS_MAX; count <= HTTP_FIELDS_MAX + 1; count++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT(GET HOST));
		for (size_t i = 1; i < count; i++)
			buffer_print(&raw, "F%zu: %zu\r\n", i, i);
		buffer_add(&raw, TEXT(END));
		expect_status(&raw, count > HTTP_FIELDS_MAX ? "431" : "GET / a k");
	}
}

static void extensions_are_bounded(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT(POST("Transfer-Encoding: chunked\r\n", "1;")));
		repeat(&raw, 'x', 255 + over);
		buffer_add(&raw, TEXT("\r\nh\r\n0\r\n\r\n"));
		expect_status(&raw, over ? "400" : "POST / a k [h]");
	}
	for (size_t chunks = 64; chunks <= 65; chunks++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT(POST("Transfer-Encoding: chunked\r\n", "")));
		for (size_t i = 0; i < chunks; i++) {
			buffer_add(&raw, TEXT("1;"));
			repeat(&raw, 'x', 255);
			buffer_add(&raw, i < 63 ? TEXT("\r\nh\r\n") : TEXT("\r\n."));
			if (i >= 63)
				buffer_add(&raw, TEXT("\r\n"));
		}
		buffer_add(&raw, TEXT("0\r\n\r\n"));
		expect_status(&raw, chunks > 64 ? "400" : "POST / a k [hhh");
	}
}

static void trailers_are_bounded(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct buffer raw = { 0 };

		buffer_add(&raw, TEXT(POST("Transfer-Encoding: chunked\r\n", "0\r\n")));
		for (size_t i = 0; i < 8; i++) {
			buffer_add(&raw, TEXT("A: "));
			repeat(&raw, 'x', 1024 - 5 - (i == 7 ? 2 - over : 0));
			buffer_add(&raw, TEXT("\r\n"));
		}
		buffer_add(&raw, TEXT("\r\n"));
		expect_status(&raw, over ? "431" : "POST / a k");
	}
}

/* ---- the face ---- */

static void fields_are_found_by_folded_name(void **state)
{
	struct codec *codec = codec_new();
	struct text input = TEXT(GET HOST "X-One: 1\r\nX-Two:\r\nx-one: 2\r\n" END);
	const struct http_request *request = codec_request(codec);

	(void)state;
	assert_int_equal(codec_feed(codec, &input), CODEC_HEAD);
	assert_int_equal(codec_feed(codec, &input), CODEC_HEAD);
	assert_int_equal(request->field_count, 4);
	assert_true(text_is(http_field(request, "x-ONE"), "1"));
	assert_true(http_field(request, "X-Two").at != NULL);
	assert_int_equal(http_field(request, "X-Two").size, 0);
	assert_null(http_field(request, "X-Three").at);
	codec_accept(codec, 0);
	assert_int_equal(codec_feed(codec, &input), CODEC_REQUEST);
	assert_int_equal(request->body.size, 0);
	codec_free(codec);
}

static void methods_have_names(void **state)
{
	(void)state;
	for (int method = HTTP_GET; method < HTTP_OTHER; method++) {
		struct codec *codec = codec_new();
		struct buffer raw = { 0 };
		struct text input;

		buffer_print(&raw, "%s / HTTP/1.1\r\n\r\n", method_name((enum method)method));
		input = buffer_text(&raw);
		codec_feed(codec, &input);
		assert_int_equal(codec_request(codec)->method, method);
		codec_free(codec);
		buffer_free(&raw);
	}
}

/* An announcement of much costs nothing before it is kept. */
static void bodies_are_whole(void **state)
{
	struct codec *codec = codec_new();
	struct text head = TEXT(POST("Content-Length: 100000\r\n", ""));
	const struct http_request *request = codec_request(codec);

	(void)state;
	assert_int_equal(codec_feed(codec, &head), CODEC_HEAD);
	codec_accept(codec, 100000);
	for (int i = 0; i < 10000; i++) {
		struct text piece = TEXT("0123456789");

		assert_int_equal(codec_feed(codec, &piece), i < 9999 ? CODEC_MORE : CODEC_REQUEST);
	}
	assert_int_equal(request->body.size, 100000);
	for (size_t i = 0; i < request->body.size; i++)
		assert_int_equal(request->body.at[i], '0' + (int)(i % 10));
	codec_free(codec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_in_any_split),
		cmocka_unit_test(target_is_bounded),
		cmocka_unit_test(endless_line_is_refused_before_its_end),
		cmocka_unit_test(field_line_is_bounded),
		cmocka_unit_test(head_is_bounded),
		cmocka_unit_test(fields_are_counted),
		cmocka_unit_test(extensions_are_bounded),
		cmocka_unit_test(trailers_are_bounded),
		cmocka_unit_test(fields_are_found_by_folded_name),
		cmocka_unit_test(methods_have_names),
		cmocka_unit_test(bodies_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
