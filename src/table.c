/*
 * Tables that come with the program: CSV files with a header, read by the names of the columns that
 * are wanted, so that a file may have more columns, in any order.
 */
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xiangcai/sheet.h"

/* ---- files ---- */

static bool read_whole(int fd, struct arena *arena, size_t size, struct text *out)
{
	char *at = arena_take(arena, size + 1);
	size_t done = 0;
	ssize_t got = 1;

	while (at && done < size && got > 0) {
		got = read(fd, at + done, size - done);
		if (got > 0)
			done += (size_t)got;
	}
	*out = (struct text){ at, done };
	if (!at)
		errno = ENOMEM;
	else if (got == 0)
		errno = EIO; /* it became shorter meanwhile */
	return at && done == size;
}

bool file_load(struct arena *arena, const char *path, size_t max, struct text *out,
	       struct buffer *faults)
{
	struct stat status = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && fstat(fd, &status) == 0;

	if (done && (status.st_size < 0 || (uint64_t)status.st_size > max)) {
		buffer_print(faults, "%s: is larger than %zu bytes\n", path, max);
		close(fd);
		return false;
	}
	done = done && read_whole(fd, arena, (size_t)status.st_size, out);
	if (!done)
		buffer_print(faults, "%s: cannot be read: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* ---- tables ---- */

struct reading {
	struct arena *arena;
	const char *path;
	const char *const *columns;
	size_t count;
	size_t places[TABLE_COLUMNS_MAX]; /* by asked column: the cell of the file */
	bool header_seen;
	table_row_fn *row;
	void *context;
	struct buffer *faults;
	int64_t record;
};

static enum err take_header(struct reading *reading, const struct sheet_row *row)
{
	enum err outcome = OK;

	for (size_t i = 0; i < reading->count; i++) {
		size_t at = 0;

		while (at < row->cell_count && at < SHEET_CELLS_MAX &&
		       !text_is(row->cells[at], reading->columns[i]))
			at++;
		reading->places[i] = at;
		if (at < row->cell_count && at < SHEET_CELLS_MAX)
			continue;
		buffer_print(reading->faults, "%s: has no column %s\n", reading->path,
			     reading->columns[i]);
		outcome = ERR_HEADER_MISSING;
	}
	reading->header_seen = true;
	return outcome;
}

static enum err take_row(void *context, const struct sheet_row *row)
{
	struct reading *reading = context;
	struct text cells[TABLE_COLUMNS_MAX];

	reading->record = row->record;
	if (row->cell_count == 0 || (row->cell_count == 1 && !row->cells[0].size))
		return OK;
	if (!reading->header_seen)
		return take_header(reading, row);
	for (size_t i = 0; i < reading->count; i++) {
		bool is_there = reading->places[i] < row->cell_count;

		cells[i] = is_there ? arena_text(reading->arena, row->cells[reading->places[i]])
				    : TEXT("");
		if (!cells[i].at)
			return ERR_MEMORY;
	}
	return reading->row(reading->context, row->record, cells);
}

bool table_load(struct arena *arena, const char *path, const char *const *columns, size_t count,
		table_row_fn *row, void *context, struct buffer *faults)
{
	struct reading reading = { .arena = arena,
				   .path = path,
				   .columns = columns,
				   .count = count,
				   .row = row,
				   .context = context,
				   .faults = faults };
	enum encoding encoding;
	struct text file;

	assert(count <= TABLE_COLUMNS_MAX);
	if (!file_load(arena, path, TABLE_FILE_MAX, &file, faults))
		return false;
	enum err e = csv_read(file, arena, &encoding, take_row, &reading);
	if (e && e != ERR_HEADER_MISSING)
		buffer_print(faults, "%s: row %lld: %s\n", path, (long long)reading.record,
			     err_info(e)->sentence[EN]);
	if (!e && !reading.header_seen)
		buffer_print(faults, "%s: is empty\n", path);
	return !e && reading.header_seen;
}
