/* Files that come with the program, and their tables in CSV. */
#ifndef TABLE_H
#define TABLE_H

#include "xiangcai/base.h"

enum { TABLE_COLUMNS_MAX = 24 };
#define TABLE_FILE_MAX MIB(64)

/* The whole of a file in @arena. False: @faults says why. */
bool file_load(struct arena *arena, const char *path, size_t max, struct text *out,
	       struct buffer *faults);

/*
 * One row, its cells in the order of the asked columns and copied to the arena. Anything but OK
 * stops the reading and is a fault of the file.
 */
typedef enum err table_row_fn(void *context, int64_t record, const struct text *cells);

/*
 * Reads the CSV at @path (a header, then rows; blank lines are skipped), giving of each row the
 * cells under @columns. False: @faults says why, with the columns that are missing or the row at
 * which it stopped.
 */
bool table_load(struct arena *arena, const char *path, const char *const *columns, size_t count,
		table_row_fn *row, void *context, struct buffer *faults);

#endif
