/* The parts of the contract that the page /docs is made of, as they stand in the file. */
#ifndef DOCS_CONTRACT_H
#define DOCS_CONTRACT_H

#include "xiangcai/base.h"

struct operation {
	struct text tag, method, path, summary, summary_zh, roles;
	struct text shared; /* the lines of its path before the first method */
	struct text lines;  /* its own */
	bool shown;
};

/* A component, by its group ("schemas") and its name, with its lines. */
struct component {
	struct text group, name, lines;
};

struct contract_tag {
	struct text name, description;
};

struct contract {
	struct arena *arena;
	struct text title, version, section, path, group, shared;
	struct list operations; /* of struct operation */
	struct list components; /* of struct component */
	struct list tags;       /* of struct contract_tag */
	bool in_tags;           /* items of a list below `tags:` of an operation follow */
};

size_t blanks_before(struct text line);
/* A scalar without quotes and brackets: "[a, b]" gives a, b. */
struct text scalar_of(struct text value);

/* Appends parameters, body, answer and an example of @operation, folded away. */
void docs_write_details(struct buffer *out, const struct contract *contract,
			const struct operation *operation);

#endif
