/* Rejected rows as a file that can be mended and sent again: who finds them, and where they go. */
#ifndef IMPORT_REJECTED_H
#define IMPORT_REJECTED_H

#include "import_rows.h"

/* Which of the tables of an import stand in its CSV; a workbook has all of them. */
enum rejected_part { PART_ROWS, PART_PLACES };

/* CSV, or a workbook. */
struct rejected_sink {
	struct buffer csv;
	struct xlsx *xlsx; /* NULL: CSV */
	size_t unpacked;   /* about what a workbook's sheets unpack to */
	int64_t rows;      /* written, without headers */
};

/*
 * Reads the files of an import that is done again from storage, and writes headers and rejected
 * rows of its tables to the sink. Statements: two a file, and one for each FAULT_PAGE faults begun;
 * memory is bounded by one file, one page and the codes of one table. ERR_NOT_FOUND when the part
 * that is asked for was never sent.
 */
enum { FAULT_PAGE = 5000 };
struct rejected {
	struct req *rq;
	const struct import_kind *kind;
	const struct import *import;
	int32_t part; /* of CSV */
	struct rejected_sink *sink;
};
enum err rejected_write(const struct rejected *rejected);

#endif
