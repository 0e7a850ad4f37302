/* A supplier's own catalogue as a file that imports take: what its files know of each other. */
#ifndef CATALOGUE_EXPORT_H
#define CATALOGUE_EXPORT_H

#include "publishing.h"

enum export_format { EXPORT_CSV, EXPORT_XLSX };
enum { EXPORT_AT_ONCE_MAX = 5000, EXPORT_SLICE = 1000 };

/* A file being written. */
struct catalogue_file {
	enum export_format format;
	enum language language;
	int32_t today; /* whose names categories have */
	FILE *out;
	struct xlsx *xlsx;
	struct buffer line;
	bool first; /* in its line */
	struct import_reference reference;
	int64_t rows;
};
/* With the line of the columns' names, as the import knows them. */
enum err catalogue_file_open(struct catalogue_file *file, struct arena *arena);
enum err catalogue_file_row(struct catalogue_file *file, const struct catalogue_row *row,
			    struct arena *scratch);
/* Everything is in file->out. */
enum err catalogue_file_finish(struct catalogue_file *file);
void catalogue_file_close(struct catalogue_file *file);

/*
 * The goods of a supplier behind the SKU @after, by number: of each product the revision that
 * waits, else the approved one, else the one that was returned; at the price that the revision asks
 * for, else the one in force. Drafts are none.
 */
struct export_row {
	int64_t sku;
	struct catalogue_row row;
	struct text asked, asked_reason, price, reason;
	int32_t state;
};
enum err export_rows(struct db *db, struct id supplier, int64_t after, int64_t limit,
		     struct arena *arena, struct list *out);
enum err export_count(struct db *db, struct id supplier, int64_t *out);

#endif
