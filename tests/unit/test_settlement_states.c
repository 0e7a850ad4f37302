/*
 * docs/states.md shows the transition tables as they are: the part between its marks is written
 * here from the tables, and the page must hold exactly that. XIANGCAI_WRITE_DOCS=1 writes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/identity/application.h"
#include "../../src/settlement/settlement_private.h"

#define PAGE SOURCE_DIR "/docs/states.md"

static const char begin_mark[] = "<!-- from the tables -->\n", end_mark[] = "<!-- end -->\n";

static void print_roles(struct buffer *out, uint32_t roles)
{
	const char *comma = "";

	for (int i = 0; role_words[i]; i++)
		if (roles & UINT32_C(1) << i) {
			buffer_print(out, "%s`%s`", comma, role_words[i]);
			comma = ", ";
		}
}

static void print_head(struct buffer *out, const char *title, const char *columns)
{
	buffer_print(out, "\n### %s\n\n%s\n|---|---|---|---|\n", title, columns);
}

static void print_agreements(struct buffer *out)
{
	static const char *const events[AGREEMENT_EVENT_COUNT] = {
		[CONFIRM] = "a line is confirmed",
		[DECLINE] = "all lines are declined",
	};

	print_head(out, "Agreement of a supply order", "| from | when | by | to |");
	for (size_t i = 0; i < agreement_transition_count; i++) {
		const struct transition *row = &agreement_transitions[i];

		buffer_print(out, "| `%s` | %s | ", agreement_words[row->from], events[row->event]);
		print_roles(out, row->by);
		buffer_print(out, " | `%s` |\n", agreement_words[row->to]);
	}
}

static void print_statements(struct buffer *out)
{
	static const char *const events[] = {
		[STATEMENT_PREPARED] = "a run collects",
		[STATEMENT_CONFIRMED] = "the supplier confirms",
		[STATEMENT_RELEASED] = "a second person releases",
	};

	print_head(out, "Settlement statement", "| from | when | by | to |");
	for (size_t i = 0; i < statement_transition_count; i++) {
		const struct transition_of_statement *row = &statement_transitions[i];

		buffer_print(out, "| `%s` | %s | ", statement_words[row->from], events[row->to]);
		print_roles(out, row->by);
		buffer_print(out, " | `%s` |\n", statement_words[row->to]);
	}
}

static void print_applications(struct buffer *out)
{
	static const char *const events[APPLICATION_EVENT_COUNT] = {
		[APPLICATION_SUBMIT] = "it is handed in",
		[APPLICATION_RECOMMEND] = "it is recommended",
		[APPLICATION_APPROVE] = "it is approved",
		[APPLICATION_RETURN] = "it is returned, to be mended",
		[APPLICATION_REJECT] = "it is rejected",
		[APPLICATION_WITHDRAW] = "it is withdrawn",
		[APPLICATION_LAPSE] = "nobody handed it in for 30 days",
	};

	for (int kind = 0; application_kind_words[kind]; kind++) {
		buffer_print(out,
			     "\n### Application of a %s\n\n| from | when | by | to |\n"
			     "|---|---|---|---|\n",
			     application_kind_words[kind]);
		for (size_t i = 0; i < application_transition_count; i++) {
			const struct application_transition *row = &application_transitions[i];

			if (row->kinds & 1u << kind)
				buffer_print(out, "| `%s` | %s | %s%s | `%s` |\n",
					     application_words[row->from], events[row->event],
					     party_words[row->by],
					     row->not_recommender ? ", not who recommended it" : "",
					     application_words[row->to]);
		}
	}
}

static size_t page_read(char *out, size_t room)
{
	FILE *file = fopen(PAGE, "r");
	size_t size;

	assert_non_null(file);
	size = fread(out, 1, room - 1, file);
	fclose(file);
	out[size] = '\0';
	return size;
}

static void page_write(const char *page, const char *begin, struct text tables, const char *end)
{
	FILE *file = fopen(PAGE ".new", "w");

	assert_non_null(file);
	assert_true(fwrite(page, 1, (size_t)(begin - page), file) == (size_t)(begin - page));
	assert_true(fwrite(tables.at, 1, tables.size, file) == tables.size);
	assert_true(fputs(end, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(PAGE ".new", PAGE), 0);
}

static void the_page_shows_the_tables(void **state)
{
	struct buffer tables = { .max = KIB(64) };
	char page[KIB(64)];

	(void)state;
	print_agreements(&tables);
	print_statements(&tables);
	print_applications(&tables);
	buffer_char(&tables, '\n');
	page_read(page, sizeof(page));
	const char *begin = strstr(page, begin_mark), *end = strstr(page, end_mark);
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(begin_mark);
	if (getenv("XIANGCAI_WRITE_DOCS"))
		page_write(page, begin, buffer_text(&tables), end);
	else if (!text_equal(buffer_text(&tables), (struct text){ begin, (size_t)(end - begin) })) {
		print_error("docs/states.md should say:\n%.*s", TEXT_FMT(buffer_text(&tables)));
		assert_true(false);
	}
	buffer_free(&tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_shows_the_tables) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
