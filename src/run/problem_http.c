/*
 * The pages behind the `type` of problem documents: for each slug its title, its codes, their
 * status and their sentences in both languages, made from the list of failures, so that no code is
 * without its page.
 */
#include "run_private.h"

/* A sentence with "…" where an argument will stand. */
static void sentence(struct buffer *out, const char *language, struct text t)
{
	buffer_print(out, "<td lang=\"%s\">", language);
	for (size_t i = 0; i < t.size; i++) {
		if (text_starts(text_part(t, i, 2), "{}")) {
			buffer_add(out, TEXT("…"));
			i++;
		} else {
			buffer_html(out, text_part(t, i, 1));
		}
	}
}

static void row(struct buffer *out, const struct err_info *info)
{
	buffer_print(out, "<tr><td><code>%s</code><td>%d", info->code, info->status);
	sentence(out, "zh-CN", text_of(info->sentence[ZH]));
	sentence(out, "en", text_of(info->sentence[EN]));
	buffer_char(out, '\n');
}

static void rows(struct buffer *out, struct text slug)
{
	for (int e = OK + 1; e < ERR_COUNT; e++) {
		const struct err_info *info = err_info((enum err)e);

		if (text_is(slug, info->slug))
			row(out, info);
	}
}

enum err get_problem(struct req *rq)
{
	struct text slug = req_path_text(rq, "slug");
	const char *title = problem_title(slug, ZH);
	struct buffer body = { 0 };

	if (!title)
		return ERR_NOT_FOUND;
	buffer_print(
		&body,
		"<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<link rel=\"stylesheet\" href=\"/docs/docs.css\">\n"
		"<title>%.*s · 乡采 Xiangcai</title>\n<main>\n<h1>%.*s</h1>\n"
		"<p>%s <span lang=\"en\">(%s)</span></p>\n"
		"<p>接口返回此类型的问题时，code 是下列之一。"
		" <span lang=\"en\">A problem of this type has one of these codes.</span></p>\n"
		"<table class=\"codes\">\n<tr><th>code<th>status<th>说明<th>meaning\n",
		TEXT_FMT(slug), TEXT_FMT(slug), title, problem_title(slug, EN));
	rows(&body, slug);
	buffer_add(&body, TEXT("</table>\n</main>\n</html>\n"));
	return reply_body(rq, "text/html; charset=utf-8", &body);
}
