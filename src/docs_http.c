/*
 * The pages of the contract over HTTP: made once, at the start, and answered by the loops.
 */
#include "docs.h"

#include "program.h"
#include "table.h"

#define CONTRACT_MAX MIB(4)
#define PAGE_MAX     MIB(4)

static const char style_sheet[] =
	"body{margin:0;background:#f7f7f4;color:#222;font:15px/1.6 system-ui,\"Noto Sans CJK "
	"SC\",sans-serif}"
	"main{max-width:1100px;margin:0 auto;padding:24px}"
	"h1{font-size:26px}h1 small{color:#777;font-size:15px}h2{font-size:18px;margin:28px 0 8px}"
	"table{width:100%;border-collapse:collapse;background:#fff}"
	"th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid #e6e6e0}"
	"th{font-weight:600;color:#666}td:first-child{width:84px}td:nth-child(2){width:36%}"
	"code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}"
	"b{font-size:12px;color:#555}b.get{color:#1a6f3c}b.post{color:#8a4b00}b.delete{color:#"
	"a3261f}"
	"table.codes td{width:auto}table.codes code{white-space:nowrap}"
	"a{color:#1a6f3c}td p{margin:0;color:#666;font-size:13px}"
	"[hidden]{display:none!important}nav ul{columns:3 260px;padding-left:18px}"
	"input{font:inherit;padding:4px 8px;width:min(420px,60vw)}"
	"details{margin-top:4px}summary{cursor:pointer;color:#1a6f3c;font-size:13px}"
	"details ul{margin:4px 0;padding-left:18px}h4{margin:8px 0 2px;font-size:14px}"
	"li em{color:#8a4b00;font-style:normal;font-size:12px}"
	"pre{overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;background:#f0f0ea;"
	"padding:"
	"8px;font-size:12px}table{table-layout:fixed}th:first-child{width:84px}"
	"th:nth-child(2){width:28%}th:nth-child(4){width:150px}td{overflow-wrap:anywhere}"
	"td:nth-child(2){width:28%}"
	"@media(max-width:720px){main{padding:12px}table,tbody,tr,td{display:block;width:auto!"
	"important}"
	"tr:has(th){display:none}tr{padding:8px 0;border-bottom:1px solid #e6e6e0}"
	"td{border:0;padding:1px 10px}td:first-child{display:inline-block;padding-right:0}}"
	"@media(prefers-color-scheme:dark){pre{background:#151614}summary{color:#7fc99a}"
	"li em{color:#e0a458}body{background:#1b1c1a;color:#ddd}table{background:#"
	"242622}"
	"th,td,tr{border-color:#383a35}th,td "
	"p{color:#aaa}b.get,a{color:#7fc99a}b.post{color:#e0a458}b.delete{color:#"
	"f08a80}}\n";

/* Rows without a word that is typed are hidden, and sections without rows. */
static const char script[] =
	"'use strict';\n"
	"const box = document.getElementById('filter');\n"
	"if (box) {\n"
	"  const input = box.querySelector('input'), told = box.querySelector('output');\n"
	"  const rows = [...document.querySelectorAll('section tr')]"
	".filter((row) => row.querySelector('td'));\n"
	"  const texts = rows.map((row) => row.textContent.toLowerCase());\n"
	"  const filter = () => {\n"
	"    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);\n"
	"    let shown = 0;\n"
	"    rows.forEach((row, i) => {\n"
	"      row.hidden = !words.every((word) => texts[i].includes(word));\n"
	"      shown += !row.hidden;\n"
	"    });\n"
	"    for (const section of document.querySelectorAll('section'))\n"
	"      section.hidden = ![...section.querySelectorAll('tr')]"
	".some((row) => !row.hidden && row.querySelector('td'));\n"
	"    told.textContent = words.length ? `${shown} / ${rows.length}` : '';\n"
	"  };\n"
	"  box.hidden = false;\n"
	"  input.addEventListener('input', filter);\n"
	"}\n";

/* ---- at the start ---- */

static void etag_make(struct page_body *page)
{
	struct digest digest = sha256(buffer_text(&page->body));

	page->etag[0] = '"';
	struct text hex = hex_format(digest.bytes, DIGEST_SIZE, page->etag + 1);
	page->etag[1 + hex.size] = '"';
	page->etag[2 + hex.size] = '\0';
}

static bool docs_make(struct app *app, struct docs *docs, struct arena *arena,
		      struct buffer *faults)
{
	const char *path = program_path(app, "schema/http/openapi.yaml");
	struct text yaml;

	if (!path || !file_load(arena, path, CONTRACT_MAX, &yaml, faults))
		return false;
	docs->page.body.max = PAGE_MAX;
	buffer_add(&docs->contract.body, yaml);
	if (!docs_render(yaml, arena, &docs->page.body))
		buffer_print(faults, "%s: holds no operation in the layout that is read\n", path);
	etag_make(&docs->contract);
	etag_make(&docs->page);
	return faults->size == 0;
}

void docs_load(struct app *app, struct docs *docs)
{
	struct arena *arena = arena_new(4 * CONTRACT_MAX);
	struct buffer faults = { .max = KIB(4) };

	if (!arena || !docs_make(app, docs, arena, &faults)) {
		struct text lines = buffer_text(&faults);

		log_line(&app->log, LOG_WARNING, "docs", "the contract cannot be shown",
			 LOG_TEXT("why", text_cut(&lines, '\n')));
	}
	buffer_free(&faults);
	arena_free(arena);
}

void docs_free(struct docs *docs)
{
	buffer_free(&docs->contract.body);
	buffer_free(&docs->page.body);
}

/* ---- handlers ---- */

static enum err reply_page_body(struct req *rq, const struct page_body *page, const char *media)
{
	struct shared_body body = { .bytes = buffer_text(&page->body) };

	if (!body.bytes.size)
		return ERR_NOT_FOUND;
	enum err e = reply_header(rq, "Cache-Control", TEXT("public, max-age=300"));
	return e ? e : reply_shared(rq, media, body, text_of(page->etag));
}

static enum err get_contract(struct req *rq)
{
	return reply_page_body(rq, &program_of(rq->app)->docs.contract, "application/yaml");
}

static enum err get_page(struct req *rq)
{
	return reply_page_body(rq, &program_of(rq->app)->docs.page, "text/html; charset=utf-8");
}

static enum err get_style(struct req *rq)
{
	struct buffer body = { .max = KIB(16) };
	enum err e = reply_header(rq, "Cache-Control", TEXT("public, max-age=300"));

	if (e)
		return e;
	buffer_add(&body, text_of(style_sheet));
	return reply_body(rq, "text/css; charset=utf-8", &body);
}

static enum err get_script(struct req *rq)
{
	struct buffer body = { .max = KIB(16) };
	enum err e = reply_header(rq, "Cache-Control", TEXT("public, max-age=300"));

	if (e)
		return e;
	buffer_add(&body, text_of(script));
	return reply_body(rq, "text/javascript; charset=utf-8", &body);
}

const struct route docs_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/",
	  .handle = get_page,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/api/v1/openapi.yaml",
	  .handle = get_contract,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/docs",
	  .handle = get_page,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/docs/docs.css",
	  .handle = get_style,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/docs/docs.js",
	  .handle = get_script,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_LOOP },
};
const size_t docs_route_count = COUNT_OF(docs_routes);
