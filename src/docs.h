/* The pages that explain the API: the contract itself, and a page made of it. */
#ifndef DOCS_H
#define DOCS_H

#include "xiangcai/run.h"

/* A body made once, at the start. */
struct page_body {
	struct buffer body;
	char etag[2 * DIGEST_SIZE + 3];
};

struct docs {
	struct page_body contract, page;
};

/* Reads the contract and makes the page. Without it the pages answer 404, and a warning says so;
 * the API does not depend on them. */
void docs_load(struct app *app, struct docs *docs);
void docs_free(struct docs *docs);

/* Appends the page of the contract @yaml (restricted to the layout of schema/http/openapi.yaml).
 * False: no operation was found in it. */
bool docs_render(struct text yaml, struct arena *arena, struct buffer *out);

extern const struct route docs_routes[];
extern const size_t docs_route_count;

#endif
