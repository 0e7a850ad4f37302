/* Files: what bytes are taken for, content once per digest in pieces of 1 MiB, and nobody else's
 * file is there. */
#include "test_back_fixture.h"

/* ---- what a file is
 * --------------------------------------------------------------------------------- */

#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static const struct media_case {
	const char *name;
	struct text content;
	const char *type, *ending;
} media_cases[] = {
	{ "ascii", { "sku,name\r\nA1,tea\r\n", 18 }, "text/csv", ".csv" },
	{ "utf-8 with bom", { "\xef\xbb\xbfsku,\xe5\x90\x8d\n", 11 }, "text/csv", ".csv" },
	{ "gbk", { "sku,\xc3\xfb\xb3\xc6\n", 9 }, "text/csv", ".csv" },
	{ "gb18030 four bytes", { "\x81\x30\x81\x30,\x95\x32\x82\x36", 9 }, "text/csv", ".csv" },
	{ "one byte", { "a", 1 }, "text/csv", ".csv" },
	{ "empty", { "", 0 }, NULL, NULL },
	{ "nul in text", { "sku\0name", 8 }, NULL, NULL },
	{ "no encoding", { "\xff\xff\x80\x80", 4 }, NULL, NULL },
	{ "utf-16", { "\xff\xfes\0k\0", 6 }, "text/csv", ".csv" },
	{ "utf-16 big-endian", { "\xfe\xff\0s\0k", 6 }, "text/csv", ".csv" },
	{ "utf-16 without its mark", { "s\0k\0", 4 }, NULL, NULL },
	{ "pdf", { "%PDF-1.7\n\0\1", 11 }, "application/pdf", ".pdf" },
	{ "png", { "\x89PNG\r\n\x1a\n\0\0", 10 }, "image/png", ".png" },
	{ "jpeg", { "\xff\xd8\xff\xe0\0\x10JFIF", 10 }, "image/jpeg", ".jpg" },
	{ "xlsx", { "PK\x03\x04\x14\0", 6 }, XLSX_TYPE, ".xlsx" },
	{ "elf",
	  { "\x7f"
	    "ELF\2\1\1\0",
	    8 },
	  NULL,
	  NULL },
};

static void test_media(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(media_cases); i++) {
		const struct media_case *row = &media_cases[i];
		const char *type = file_media(row->content);

		if (!type != !row->type)
			print_error("%s\n", row->name);
		assert_int_equal(!type, !row->type);
		if (!type)
			continue;
		assert_string_equal(type, row->type);
		assert_string_equal(file_ending(text_of(type)), row->ending);
	}
	assert_string_equal(file_ending(TEXT("video/mp4")), "");
}

#define PNG_OF(size)  "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" size "\x08\x02\0\0\0"
#define JPEG_OF(size) "\xff\xd8\xff\xe0\0\x04JF\xff\xc4\0\x03z\xff\xff\xc2\0\x11\x08" size "\x03"
#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* A picture is as large as it says; one that says nothing sound is none. */
static void test_pixels(void **state)
{
	static const struct {
		struct text content;
		bool too_large;
	} cases[] = {
		{ BYTES(PNG_OF("\0\0\x1f\x40\0\0\x13\x88")), false }, /* 8000 x 5000 */
		{ BYTES(PNG_OF("\0\0\x1f\x41\0\0\x13\x88")), true },
		{ BYTES(PNG_OF("\xff\xff\xff\xff\xff\xff\xff\xff")), true },
		{ BYTES(JPEG_OF("\x13\x88\x1f\x40")), false },
		{ BYTES(JPEG_OF("\x13\x88\x1f\x41")), true },
		{ BYTES(JPEG_OF("\0\0\x1f\x41")), true }, /* as high as it likes */
		{ BYTES("\xff\xd8\xff\xda\0\x02\xff\xc0\0\x11\x08\xff\xff\xff\xff"), false },
		{ BYTES("\xff\xd8\xff\xe0\0\0\xff"), false },
		{ BYTES("%PDF-1.7"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text content = cases[i].content;
		char *exact;

		assert_int_equal(image_is_too_large(content), cases[i].too_large);
		for (size_t size = 0; size < content.size; size++) {
			exact = memory_take(size ? size : 1);
			memcpy(exact, content.at, size);
			(void)image_is_too_large((struct text){ exact, size });
			memory_free(exact);
		}
	}
}

/* One broken byte does not make a supplier's file unreadable; a file of noise is none. */
static void test_broken_text(void **state)
{
	char content[1000];

	(void)state;
	memset(content, 'a', sizeof(content));
	content[500] = '\xff';
	assert_string_equal(file_media((struct text){ content, sizeof(content) }), "text/csv");
	for (size_t i = 0; i < sizeof(content); i += 20)
		content[i] = '\xff';
	assert_null(file_media((struct text){ content, sizeof(content) }));
}

/* ---- over the handlers
 * -------------------------------------------------------------------------------- */

static enum err post_enveloped(struct req *rq)
{
	rq->content_type = TEXT("Multipart/form-data; boundary=x");
	return post_file(rq);
}

static const struct route upload = { .handle = post_file, .success = 201 };
static const struct route enveloped = { .handle = post_enveloped, .success = 201 };
static const struct route download = { .handle = get_file };
static const struct sql count_chunks = { "SELECT COUNT(*) FROM file_chunk" };
static const struct sql count_files = { "SELECT COUNT(*) FROM file" };
static const struct sql spoil = { "UPDATE file_chunk SET content = '' WHERE chunk = 2" };
static const struct sql change = {
	"UPDATE file_chunk SET content = INSERT(content, 7, 1, 'y') WHERE chunk = 1"
};
static const struct sql back_again = {
	"UPDATE file_chunk SET content = INSERT(content, 7, 1, 'x') WHERE chunk = 1"
};

struct call {
	struct req_private private;
	char id[37];
	struct pair param;
};

static enum err call(struct back *back, struct call *call, const struct route *route,
		     struct text body)
{
	struct req *rq = &call->private.req;

	call->param = (struct pair){ TEXT("id"), { call->id, 36 } };
	call->private.deadline = clock_monotonic() + 20 * SECOND_US;
	*rq = (struct req){
		.app = &back->app,
		.db = back->db,
		.arena = back->arena,
		.route = route,
		.actor = back->actor,
		.request_id = TEXT("test"),
		.address = TEXT("192.0.2.1"),
		.now = clock_now(&back->app.clock),
		.path = TEXT("/api/v1/files"),
		.body = body,
		.params = &call->param,
		.param_count = 1,
		.problems = { .arena = back->arena },
		.private = &call->private,
	};
	return route->handle(rq);
}

/* The member @name of the reply's object, which is a string. */
static struct text member(const struct call *call, const char *name)
{
	struct text body = buffer_text(&call->private.reply.body);
	char key[40];

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	char *at = memmem(body.at, body.size, key, strlen(key));
	assert_non_null(at);
	at += strlen(key);
	return (struct text){ at, (size_t)((char *)memchr(at, '"', 200) - at) };
}

static void read_back(struct back *back, const char *id, struct text content)
{
	struct call got = { 0 };
	struct text read;
	struct id file;

	snprintf(got.id, sizeof(got.id), "%s", id);
	assert_int_equal(call(back, &got, &download, NO_TEXT), OK);
	assert_true(text_equal(buffer_text(&got.private.reply.body), content));
	assert_string_equal(got.private.reply.headers[0].name.at, "Content-Disposition");
	assert_true(text_starts(got.private.reply.headers[0].value, "attachment; filename=\""));
	reply_clear(&got.private.reply);
	assert_true(id_parse(text_of(id), &file));
	assert_int_equal(file_read(back->db, back->arena, &back->actor, file, &read), OK);
	assert_true(text_equal(read, content));
}

static void test_upload_and_read(void **state)
{
	static const size_t sizes[] = {
		1, 100, FILE_CHUNK_SIZE - 1, FILE_CHUNK_SIZE, FILE_CHUNK_SIZE + 1, FILE_SIZE_MAX
	};
	struct back *back = *state;
	char *bytes = memory_take(FILE_SIZE_MAX);
	char digest[2 * DIGEST_SIZE + 1];

	for (size_t i = 0; i < FILE_SIZE_MAX; i++)
		bytes[i] = (char)('a' + i % 25);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct text content = { bytes, sizes[i] };
		struct digest sum = sm3(content);
		struct call posted = { 0 };
		char id[37];
		int64_t chunks = number(back->db, &count_chunks);

		db_statement_count(back->db);
		assert_int_equal(call(back, &posted, &upload, content), OK);
		/* BEGIN, key, file, reply, COMMIT, and four pieces a statement */
		assert_in_range(db_statement_count(back->db), 6, 9);
		assert_int_equal(posted.private.reply.status, 201);
		assert_true(text_is(member(&posted, "digest"),
				    hex_format(sum.bytes, sizeof(sum), digest).at));
		assert_true(text_is(member(&posted, "media_type"), "text/csv"));
		snprintf(id, sizeof(id), "%.*s", TEXT_FMT(member(&posted, "id")));
		reply_clear(&posted.private.reply);
		assert_int_equal(number(back->db, &count_chunks) - chunks,
				 (sizes[i] + FILE_CHUNK_SIZE - 1) / FILE_CHUNK_SIZE);
		read_back(back, id, content);
		arena_reset(back->arena);
	}
	memory_free(bytes);
}

static void test_content_once(void **state)
{
	struct back *back = *state;
	struct text content = TEXT("sku,name\nA1,tea\n");
	struct call first = { 0 }, second = { 0 };
	char ids[2][37];

	assert_int_equal(call(back, &first, &upload, content), OK);
	int64_t chunks = number(back->db, &count_chunks), files = number(back->db, &count_files);
	assert_int_equal(call(back, &second, &upload, content), OK);
	assert_int_equal(number(back->db, &count_chunks), chunks);
	assert_int_equal(number(back->db, &count_files), files + 1);
	snprintf(ids[0], sizeof(ids[0]), "%.*s", TEXT_FMT(member(&first, "id")));
	snprintf(ids[1], sizeof(ids[1]), "%.*s", TEXT_FMT(member(&second, "id")));
	reply_clear(&first.private.reply);
	reply_clear(&second.private.reply);
	assert_string_not_equal(ids[0], ids[1]);
	read_back(back, ids[0], content);
	read_back(back, ids[1], content);
}

static void test_refusals(void **state)
{
	struct back *back = *state;
	struct call posted = { 0 };
	int64_t files = number(back->db, &count_files);

	assert_int_equal(call(back, &posted, &upload, NO_TEXT), ERR_FILE_EMPTY);
	assert_int_equal(call(back, &posted, &upload, (struct text){ "\0\1\2", 3 }), ERR_FILE_TYPE);
	assert_int_equal(call(back, &posted, &enveloped, TEXT("a,b\n")), ERR_FILE_ENVELOPE);
	assert_int_equal(number(back->db, &count_files), files);
}

static void test_scope(void **state)
{
	struct back *back = *state;
	struct id mine = back->actor.organisation, file;
	struct call posted = { 0 }, got = { 0 };
	struct text read;

	assert_int_equal(call(back, &posted, &upload, TEXT("private")), OK);
	snprintf(got.id, sizeof(got.id), "%.*s", TEXT_FMT(member(&posted, "id")));
	reply_clear(&posted.private.reply);
	assert_true(id_parse(text_of(got.id), &file));
	back->actor.organisation = id_new(2);
	assert_int_equal(call(back, &got, &download, NO_TEXT), ERR_NOT_FOUND);
	assert_int_equal(file_read(back->db, back->arena, &back->actor, file, &read),
			 ERR_NOT_FOUND);
	back->actor.organisation = mine;
	assert_int_equal(call(back, &got, &download, NO_TEXT), OK);
	reply_clear(&got.private.reply);
	id_format(id_new(3), got.id);
	assert_int_equal(call(back, &got, &download, NO_TEXT), ERR_NOT_FOUND);
}

/* A file whose pieces were lost is never given short. */
static void test_lost_piece(void **state)
{
	struct back *back = *state;
	size_t size = 3 * (size_t)FILE_CHUNK_SIZE;
	char *bytes = memory_take(size);
	struct call posted = { 0 }, got = { 0 };

	memset(bytes, 'x', size);
	assert_int_equal(call(back, &posted, &upload, (struct text){ bytes, size }), OK);
	snprintf(got.id, sizeof(got.id), "%.*s", TEXT_FMT(member(&posted, "id")));
	reply_clear(&posted.private.reply);
	run(back->db, &change);
	assert_int_equal(call(back, &got, &download, NO_TEXT), ERR_FILE_BROKEN);
	run(back->db, &back_again);
	assert_int_equal(call(back, &got, &download, NO_TEXT), OK);
	reply_clear(&got.private.reply);
	run(back->db, &spoil);
	assert_int_equal(call(back, &got, &download, NO_TEXT), ERR_FILE_BROKEN);
	memory_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_media),        cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_broken_text),  cmocka_unit_test(test_upload_and_read),
		cmocka_unit_test(test_content_once), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_scope),        cmocka_unit_test(test_lost_piece),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
