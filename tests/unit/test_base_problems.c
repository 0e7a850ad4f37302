/* The list of failures and the sentences made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
/* cmocka has a macro of this name; the product's comes from here. */
#include "xiangcai/base.h"

#include <string.h>

static size_t holes(const char *sentence)
{
	size_t count = 0;

	for (const char *at = sentence; (at = strstr(at, "{}")); at += 2)
		count++;
	return count;
}

static void every_failure_is_whole(void **state)
{
	(void)state;
	assert_string_equal(err_info(OK)->code, "OK");
	assert_string_equal(err_info(ERR_BAD_JSON)->code, "E_BAD_JSON");
	assert_int_equal(err_info(ERR_BAD_JSON)->status, 400);
	for (int e = 1; e < ERR_COUNT; e++) {
		const struct err_info *info = err_info((enum err)e);

		assert_true(strncmp(info->code, "E_", 2) == 0);
		assert_true(info->status >= 400 && info->status < 600);
		assert_true(strlen(info->slug) > 0);
		for (int language = ZH; language <= EN; language++) {
			const char *title =
				problem_title(text_of(info->slug), (enum language)language);

			assert_non_null(title);
			assert_int_equal(holes(title), 0);
			assert_null(strstr(title, "…"));
		}
		assert_true(text_is_utf8(text_of(info->sentence[ZH])));
		assert_true(strlen(info->sentence[EN]) > 0);
		assert_int_equal(holes(info->sentence[ZH]), holes(info->sentence[EN]));
		assert_true(holes(info->sentence[EN]) <= PROBLEM_ARGS_MAX);
		for (int other = 1; other < e; other++)
			assert_string_not_equal(info->code, err_info((enum err)other)->code);
	}
}

/* A length that is one and no range; an argument that an earlier release did not keep. */
static void sentences_fit_their_arguments(void **state)
{
	const struct problem cases[] = {
		{ .code = ERR_LENGTH, .args = { ARG_INT(6), ARG_INT(6), ARG_END } },
		{ .code = ERR_LENGTH, .args = { ARG_INT(1), ARG_INT(6), ARG_END } },
		{ .code = ERR_COLUMN_ABSENT, .args = { ARG_END } },
	};
	static const char *const told[] = {
		"长度应为 6 个字符|takes 6 characters",
		"长度应为 1 至 6 个字符|takes 1 to 6 characters",
		("表头中没有所指的列名：…|"
		 "the header does not have the column name that was said to stand for something: "
		 "…"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer out = { .max = KIB(4) };

		problem_sentence(&cases[i], ZH, &out);
		buffer_char(&out, '|');
		problem_sentence(&cases[i], EN, &out);
		assert_true(text_is(buffer_text(&out), told[i]));
		buffer_free(&out);
	}
}

static void sentences_take_arguments(void **state)
{
	struct arena *arena = arena_new(0);
	struct problems problems = { .arena = arena };
	struct buffer out = { .max = KIB(4) };
	char place[] = "/quantity";
	enum err e = fail(&problems, ERR_RANGE, ARG_TEXT(text_of(place)), ARG_INT(-1), AT("9"));

	(void)state;
	assert_int_equal(e, ERR_RANGE);
	place[1] = 'x'; /* it was copied */
	fail(&problems, ERR_REQUIRED, problem_at(&problems, "/lines/%zu/sku", (size_t)3));
	assert_int_equal(problems.items.count, 2);

	struct problem *range = LIST_ITEM(problems.items, struct problem, 0);
	struct problem *required = LIST_ITEM(problems.items, struct problem, 1);

	assert_true(text_is(range->pointer, "/quantity"));
	assert_true(text_is(required->pointer, "/lines/3/sku"));
	problem_sentence(range, ZH, &out);
	buffer_char(&out, '|');
	problem_sentence(range, EN, &out);
	buffer_char(&out, '|');
	problem_sentence(required, ZH, &out);
	assert_true(text_is(buffer_text(&out), "应在 -1 与 9 之间|must be between -1 and 9|必填"));
	buffer_free(&out);
	arena_free(arena);
}

/* Chinese sentences have Chinese names, English ones the words of the API; what somebody typed is
 * told as it is. */
static void words_have_their_names(void **state)
{
	static const struct {
		enum err code;
		const char *word; /* NULL: the range from 1 on */
		const char *zh, *en;
	} cases[] = {
		{ ERR_TYPE, "uuid", "应为UUID 编号", "must be uuid" },
		{ ERR_TRANSITION, "applied", "已提交状态下不能执行此操作",
		  "not possible in the state applied" },
		{ ERR_LAST_ADMIN, "unit_admin", "这是该单位最后一名单位管理员，请先指定另一人",
		  "this is the organisation's last unit_admin: name another one first" },
		{ ERR_USCC, "E_CHARSET", "统一社会信用代码不合规则：含有不允许的字符",
		  "is not a unified social credit code: E_CHARSET" },
		{ ERR_BAD_JSON, "it ends too early (byte 10)",
		  "JSON 无法读取：内容没有结束（第 10 字节处）",
		  "the JSON cannot be read: it ends too early (byte 10)" },
		{ ERR_RANGE, NULL, "应不小于 1", "must be at least 1" },
		{ ERR_CODE_TAKEN, "buyer", "单位编码已属于另一单位：buyer",
		  "the code belongs to another organisation: buyer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problem problem = { .code = cases[i].code };
		struct buffer zh = { .max = KIB(4) }, en = { .max = KIB(4) };

		problem.args[0] = ARG_INT(1);
		problem.args[1] = ARG_INT(INT64_MAX);
		if (cases[i].word)
			problem.args[0] = ARG_TEXT(text_of(cases[i].word));
		problem_sentence(&problem, ZH, &zh);
		problem_sentence(&problem, EN, &en);
		assert_true(text_is(buffer_text(&zh), cases[i].zh));
		assert_true(text_is(buffer_text(&en), cases[i].en));
		buffer_free(&zh);
		buffer_free(&en);
	}
}

static void too_many_are_counted(void **state)
{
	struct arena *arena = arena_new(0);
	struct problems problems = { .arena = arena };

	(void)state;
	for (int i = 0; i < PROBLEMS_MAX + 7; i++)
		fail(&problems, ERR_REQUIRED, AT("/x"));
	assert_int_equal(problems.items.count, PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 7);
	arena_free(arena);
}

static void no_memory_still_counts(void **state)
{
	struct arena *arena = arena_new(64);
	struct problems problems = { .arena = arena };

	(void)state;
	assert_int_equal(fail(&problems, ERR_REQUIRED, AT("/x")), ERR_REQUIRED);
	assert_int_equal(problems.items.count, 0);
	assert_int_equal(problems.dropped, 1);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_is_whole),
		cmocka_unit_test(sentences_take_arguments),
		cmocka_unit_test(sentences_fit_their_arguments),
		cmocka_unit_test(words_have_their_names),
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(no_memory_still_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
