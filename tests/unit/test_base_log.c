/* The log: lines are JSON whatever is logged, one a write, cut at their ceiling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 4096 };

struct fixture {
	struct clock clock;
	struct log log;
	int ends[2];
	char line[2 * LINE_MAX_SIZE];
};

static void begin(struct fixture *fixture)
{
	*fixture = (struct fixture){ .clock = { .fixed_us = SECOND_US } };
	assert_int_equal(pipe(fixture->ends), 0);
	fixture->log =
		(struct log){ .fd = fixture->ends[1], .level = LOG_INFO, .clock = &fixture->clock };
}

/* All that was written, which must be one JSON value and a line end. */
static const char *written(struct fixture *fixture)
{
	struct arena *arena = arena_new(0);
	ssize_t size = read(fixture->ends[0], fixture->line, sizeof(fixture->line) - 1);

	assert_true(size > 0 && size <= LINE_MAX_SIZE);
	assert_int_equal(fixture->line[size - 1], '\n');
	fixture->line[size - 1] = '\0';
	assert_true(json_is_strict((struct text){ fixture->line, (size_t)size - 1 }, arena, NULL));
	arena_free(arena);
	return fixture->line;
}

static void end(struct fixture *fixture)
{
	close(fixture->ends[0]);
	close(fixture->ends[1]);
}

static void writes_fields(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	log_line(&fixture.log, LOG_WARNING, "job", "done", LOG_TEXT("kind", TEXT("im\"port\\\n甲")),
		 LOG_INT("rows", INT64_MIN), LOG_TEXT("broken", TEXT("a\xFF\x01z")),
		 LOG_TEXT("empty", TEXT("")));
	assert_string_equal(written(&fixture),
			    "{\"time\":\"1970-01-01T00:00:01.000000Z\",\"level\":\"warning\","
			    "\"subject\":\"job\",\"message\":\"done\","
			    "\"kind\":\"im\\\"port\\\\\\u000a甲\",\"rows\":-9223372036854775808,"
			    "\"broken\":\"a\xEF\xBF\xBD\\u0001z\",\"empty\":\"\"}");
	log_line(&fixture.log, LOG_ERROR, "s", "m", LOG_END);
	assert_string_equal(written(&fixture),
			    "{\"time\":\"1970-01-01T00:00:01.000000Z\",\"level\":\"error\","
			    "\"subject\":\"s\",\"message\":\"m\"}");
	end(&fixture);
}

static void levels_are_kept(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	log_line(&fixture.log, LOG_DEBUG, "s", "not this", LOG_END);
	log_line(&fixture.log, LOG_INFO, "s", "this", LOG_END);
	assert_non_null(strstr(written(&fixture), "\"message\":\"this\""));
	end(&fixture);
}

static void long_lines_stay_json(void **state)
{
	static const char *const units[] = { "x", "\"", "甲", "\x01", "\xFF", "𠮷" };
	static char text[6000];
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	for (size_t u = 0; u < COUNT_OF(units); u++) {
		size_t size = strlen(units[u]);

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = units[u][i % size];
		for (size_t length = 580; length < 4200;
		     length += length < 640 || length > 3800 ? 1 : 40) {
			struct text t = { text, length / size * size };

			log_line(&fixture.log, LOG_INFO, "subject", "message", LOG_TEXT("long", t),
				 LOG_INT("n", 12345), LOG_TEXT("t", t), LOG_TEXT("u", TEXT("v")));
			assert_non_null(strstr(written(&fixture), "\"long\":\""));
		}
	}
	end(&fixture);
}

static void failure_is_no_matter(void **state)
{
	struct clock clock = { .fixed_us = 1 };
	struct log log = { .fd = -1, .level = LOG_DEBUG, .clock = &clock };

	(void)state;
	log_line(&log, LOG_INFO, "s", "m", LOG_END);
	assert_int_equal(write(log.fd, "x", 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_fields),
		cmocka_unit_test(levels_are_kept),
		cmocka_unit_test(long_lines_stay_json),
		cmocka_unit_test(failure_is_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
