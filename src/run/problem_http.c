/*
 * The pages behind the `type` of problem documents: for each slug its codes, their status and their
 * sentences in both languages, made from the list of failures, so that no code is without its page.
 */
#include "run_private.h"

static void cell(struct buffer *out, const char *tag, struct text t)
{
	buffer_print(out, "<%s>", tag);
	for (size_t i = 0; i < t.size; i++) {
		switch (t.at[i]) {
		case '<':
			buffer_add(out, TEXT("&lt;"));
			break;
		case '&':
			buffer_add(out, TEXT("&amp;"));
			break;
		default:
			buffer_char(out, t.at[i]);
		}
	}
	buffer_print(out, "</%s>", tag);
}

static void row(struct buffer *out, const struct err_info *info)
{
	buffer_add(out, TEXT("<tr>"));
	cell(out, "td", text_of(info->code));
	buffer_print(out, "<td>%d</td>", info->status);
	cell(out, "td", text_of(info->sentence[ZH]));
	cell(out, "td", text_of(info->sentence[EN]));
	buffer_add(out, TEXT("</tr>\n"));
}

static size_t rows(struct buffer *out, struct text slug)
{
	size_t count = 0;

	for (int e = OK + 1; e < ERR_COUNT; e++) {
		const struct err_info *info = err_info((enum err)e);

		if (!text_is(slug, info->slug))
			continue;
		row(out, info);
		count++;
	}
	return count;
}

enum err get_problem(struct req *rq)
{
	struct text slug = req_path_text(rq, "slug");
	struct buffer body = { 0 };

	buffer_print(
		&body,
		"<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n"
		"<title>%.*s · 乡采 Xiangcai</title>\n<h1>%.*s</h1>\n"
		"<p>接口返回此类型的问题时，code 是下列之一。A problem of this type has one of "
		"these codes.</p>\n"
		"<table>\n<tr><th>code</th><th>status</th><th>说明</th><th>meaning</th></tr>\n",
		TEXT_FMT(slug), TEXT_FMT(slug));
	if (!rows(&body, slug)) {
		buffer_free(&body);
		return ERR_NOT_FOUND;
	}
	buffer_add(&body, TEXT("</table>\n</html>\n"));
	return reply_body(rq, "text/html; charset=utf-8", &body);
}
