/* Arenas, lists and buffers: alignment, zeroing, ceilings, growth, failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>

static void arena_gives_aligned_zeroed_memory(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 16, 100, 4000, 20000, 300000, 5, 2000000, 3 };
	struct arena *arena = arena_new(MIB(16));

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT_OF(sizes) * 20; i++) {
			size_t size = sizes[i % COUNT_OF(sizes)] / (i < COUNT_OF(sizes) ? 1 : 100);
			unsigned char *at = arena_take(arena, size);

			assert_non_null(at);
			assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
			for (size_t j = 0; j < size; j++)
				assert_int_equal(at[j], 0);
			memset(at, 0xAA, size);
		}
		assert_true(arena_used(arena) > 2000000);
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
	arena_free(NULL);
}

static void arena_keeps_its_ceiling(void **state)
{
	struct arena *arena = arena_new(KIB(64));
	size_t taken = 0;

	(void)state;
	assert_null(arena_take(arena, KIB(65)));
	assert_null(arena_take(arena, SIZE_MAX));
	while (arena_take(arena, 1024))
		taken++;
	assert_int_equal(taken, 64);
	assert_null(arena_text(arena, TEXT("x")).at);
	assert_null(arena_print(arena, "%d", 1).at);
	assert_null(arena_copy(arena, "x", 1));
	arena_reset(arena);
	assert_non_null(arena_take(arena, KIB(60)));
	arena_free(arena);
}

static void arena_copies_texts(void **state)
{
	struct arena *arena = arena_new(0);
	struct text printed = arena_print(arena, "%s-%d", "a", 12);
	char *string = arena_string(arena, (struct text){ "abcdef", 3 });

	(void)state;
	assert_null(arena_text(arena, NO_TEXT).at);
	assert_non_null(arena_text(arena, TEXT("")).at);
	assert_true(text_is(arena_text(arena, TEXT("甲")), "甲"));
	assert_true(text_is(printed, "a-12"));
	assert_int_equal(printed.at[printed.size], 0);
	assert_string_equal(string, "abc");
	assert_string_equal(arena_string(arena, NO_TEXT), "");
	arena_free(arena);
}

static void lists_grow_and_keep_their_items(void **state)
{
	struct arena *arena = arena_new(MIB(8));
	struct list list = { 0 }, other = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int *item = list_add(&list, arena, sizeof(*item));

		assert_non_null(item);
		assert_int_equal(*item, 0);
		*item = i;
		/* another list in between keeps the first from growing in place */
		if (i % 3 == 0)
			*(char *)list_add(&other, arena, 1) = 'x';
	}
	assert_int_equal(list.count, 20000);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(*LIST_ITEM(list, int, i), i);
	arena_free(arena);
}

static void lists_tell_when_memory_is_used_up(void **state)
{
	struct arena *arena = arena_new(KIB(4));
	struct list list = { 0 };

	(void)state;
	while (list_add(&list, arena, 100))
		assert_true(list.count < 41);
	assert_true(list.count >= 8);
	arena_free(arena);
}

static void buffers_hold_what_was_added(void **state)
{
	struct buffer buffer = { .max = KIB(64) };

	(void)state;
	assert_non_null(buffer_text(&buffer).at);
	buffer_add(&buffer, NO_TEXT);
	buffer_add(&buffer, TEXT("甲"));
	buffer_char(&buffer, ' ');
	buffer_int(&buffer, INT64_MIN);
	buffer_char(&buffer, ' ');
	buffer_int(&buffer, INT64_MAX);
	buffer_int(&buffer, 0);
	buffer_print(&buffer, " %s", "end");
	assert_true(
		text_is(buffer_text(&buffer), "甲 -9223372036854775808 92233720368547758070 end"));
	buffer_free(&buffer);
	assert_int_equal(buffer.max, KIB(64));
	assert_int_equal(buffer.size, 0);
	for (int i = 0; i < 30000; i++)
		buffer_char(&buffer, (char)('a' + i % 26));
	assert_false(buffer.failed);
	assert_int_equal(buffer.at[29999], 'a' + 29999 % 26);
	buffer_free(&buffer);
}

static void buffers_fail_once_for_all(void **state)
{
	struct buffer buffer = { .max = 10 };

	(void)state;
	buffer_add(&buffer, TEXT("12345"));
	buffer_add(&buffer, TEXT("67890"));
	assert_false(buffer.failed);
	buffer_char(&buffer, 'x');
	assert_true(buffer.failed);
	assert_true(text_is(buffer_text(&buffer), "1234567890"));
	buffer_free(&buffer);
	assert_false(buffer.failed);

	buffer_print(&buffer, "%s", "12345678");
	buffer_int(&buffer, -5);
	assert_false(buffer.failed);
	assert_true(text_is(buffer_text(&buffer), "12345678-5"));
	buffer_print(&buffer, "%s", "");
	assert_false(buffer.failed);
	buffer_free(&buffer);

	buffer_add(&buffer, TEXT("123"));
	buffer_add(&buffer, TEXT("45678901"));
	assert_true(buffer.failed);
	/* there would be room for this one, but what follows a failure is dropped */
	buffer_add(&buffer, TEXT("4"));
	buffer_int(&buffer, 4);
	buffer_print(&buffer, "4");
	assert_true(text_is(buffer_text(&buffer), "123"));
	buffer_free(&buffer);
}

static void memory_is_zeroed(void **state)
{
	char *at = memory_take(100);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(at[i], 0);
	at = memory_grow(at, 1000);
	assert_non_null(at);
	memory_free(at);
	memory_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_aligned_zeroed_memory),
		cmocka_unit_test(arena_keeps_its_ceiling),
		cmocka_unit_test(arena_copies_texts),
		cmocka_unit_test(lists_grow_and_keep_their_items),
		cmocka_unit_test(lists_tell_when_memory_is_used_up),
		cmocka_unit_test(buffers_hold_what_was_added),
		cmocka_unit_test(buffers_fail_once_for_all),
		cmocka_unit_test(memory_is_zeroed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
