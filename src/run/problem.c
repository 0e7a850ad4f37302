/*
 * Problem documents (RFC 9457), from the list of failures and the faults that were collected. The
 * title is what all problems of the type have in common; the detail is the failure's sentence, with
 * its particulars where one fault says it all; every fault stands in `errors` with its pointer.
 */
#include <string.h>

#include "run_private.h"

/* Every type has its title, see test_base_problems. */
static struct text title_of(enum err e, enum language language)
{
	return text_of(problem_title(text_of(err_info(e)->slug), language));
}

/* The failure's own sentence, or its title where there is nothing to fill the sentence with. */
static void sentence_write(struct buffer *out, enum err e, enum language language)
{
	const char *sentence = err_info(e)->sentence[language];

	buffer_add(out, strstr(sentence, "{}") ? title_of(e, language) : text_of(sentence));
}

static void detail_write(struct buffer *out, enum err e, enum language language,
			 const struct problems *problems)
{
	size_t count = problems ? problems->items.count + problems->dropped : 0;

	if (count == 1 && problems->items.count == 1)
		problem_sentence(LIST_ITEM(problems->items, struct problem, 0), language, out);
	else if (count > 1)
		buffer_print(out, language == ZH ? "共 %zu 处错误" : "%zu faults", count);
	else
		sentence_write(out, e, language);
}

static void sentence_member(struct json *json, const char *key, struct buffer *sentence)
{
	json_text(json, key, buffer_text(sentence));
	buffer_free(sentence);
}

static bool faults_placed(const struct problems *problems)
{
	for (size_t i = 0; i < problems->items.count; i++) {
		if (LIST_ITEM(problems->items, struct problem, i)->pointer.at)
			return true;
	}
	return false;
}

static void errors_write(struct json *json, enum language language, const struct problems *problems)
{
	struct buffer sentence = { 0 };

	json_open(json, "errors", '[');
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);

		if (!problem->pointer.at)
			continue;
		json_open(json, NULL, '{');
		json_text(json, "pointer", problem->pointer);
		json_text(json, "code", text_of(err_info(problem->code)->code));
		problem_sentence(problem, language, &sentence);
		sentence_member(json, "detail", &sentence);
		json_close(json, '}');
	}
	if (problems->dropped) {
		json_open(json, NULL, '{');
		json_text(json, "pointer", TEXT(""));
		json_text(json, "code", text_of(err_info(ERR_TOO_MANY_FAULTS)->code));
		sentence_write(&sentence, ERR_TOO_MANY_FAULTS, language);
		sentence_member(json, "detail", &sentence);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void problem_write(struct buffer *out, enum err e, enum language language,
		   const struct problems *problems, struct text request_id)
{
	const struct err_info *info = err_info(e);
	struct json json = { .out = out };
	struct buffer text = { 0 };

	json_open(&json, NULL, '{');
	buffer_print(&text, "/problems/%s", info->slug);
	sentence_member(&json, "type", &text);
	json_text(&json, "title", title_of(e, language));
	json_int(&json, "status", info->status);
	json_text(&json, "code", text_of(info->code));
	detail_write(&text, e, language, problems);
	sentence_member(&json, "detail", &text);
	json_text(&json, "instance", request_id);
	if (problems && faults_placed(problems))
		errors_write(&json, language, problems);
	json_close(&json, '}');
}

int64_t retry_after(enum err e)
{
	switch (err_info(e)->status) {
	case 429:
		return 10;
	case 503:
		return e == ERR_DB_DOWN || e == ERR_DB_GONE ? 3 : 1;
	default:
		return 0;
	}
}
