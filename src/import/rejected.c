/*
 * Rejected rows found again. The file goes through the same reader a second time, beside the staged
 * faults, which are read a page at a time in the order of records: a row that has faults is written
 * as it stands, with their sentences in one more column behind the header's last. What a row has
 * beyond its header stays beyond it.
 *
 * Where a second table hangs from the first (places of units), rows of it that are at fault are
 * written, and those of rows that were rejected: what was sent for one unit comes back together.
 */
#include <string.h>

#include "rejected.h"

enum {
	FILE_ARENA = 512 * 1024 * 1024,
	ROW_ARENA = 16 * 1024 * 1024,
	PAGE_ARENA = 32 * 1024 * 1024,
	CODES_ARENA = 64 * 1024 * 1024,
	HEADING_ARENA = 1024 * 1024,
	/* of all sentences of a row: a cell has room for more, nobody reads it */
	SENTENCES_MAX = 8 * 1024,
	/* of a workbook, unpacked: imports take 50 MB; about so much is a cell beside its text */
	UNPACKED_MAX = 45 * 1000 * 1000,
	CELL_OVERHEAD = 64
};

/* ---- staged faults --------------------------------------------------------------------------- */

/* Those of one table, in the order of records. */
struct fault_pages {
	struct db *db;
	struct arena *arena; /* of one page */
	struct id import;
	struct list page; /* of struct import_fault */
	size_t at;
	int64_t after; /* as fault_list */
	bool ended;
};

/* The next one; NULL at the end. */
static enum err fault_peek(struct fault_pages *faults, const struct import_fault **out)
{
	*out = NULL;
	if (faults->at == faults->page.count && !faults->ended) {
		arena_reset(faults->arena);
		faults->page = (struct list){ 0 };
		faults->at = 0;
		enum err e = fault_list(faults->db, faults->arena, faults->import, faults->after,
					FAULT_PAGE, &faults->page);
		if (e)
			return e;
		faults->ended = faults->page.count < FAULT_PAGE;
	}
	if (faults->at == faults->page.count)
		return OK;
	*out = LIST_ITEM(faults->page, struct import_fault, faults->at);
	faults->after = (*out)->record * ROW_FAULTS_MAX + (*out)->number;
	return OK;
}

/* ---- one table ------------------------------------------------------------------------------- */

struct table_pass {
	const struct rejected *rejected;
	const struct import_table *table;
	size_t number;                   /* of the table */
	struct rejected_sink *sink;      /* NULL: nothing is written */
	struct arena *scratch, *heading; /* of one row; of one header */
	struct names *codes;             /* of the first table → whether its row is rejected */
	struct fault_pages faults;
	int64_t base;                   /* what the table's records are staged at */
	struct import_options *options; /* of the first table */
	struct header header;
	struct text names[HEADER_COLUMNS_MAX]; /* of its columns, as the file has them */
	bool headed;                           /* a header stands above what was written */
	struct header written;                 /* that one */
	struct buffer sentences;               /* of one row */
	uint32_t formulas; /* columns whose fault it is that a formula stands there */
};

static enum language language_of(const struct table_pass *pass)
{
	return pass->rejected->rq->language;
}

/* ---- cells ---- */

static void put_cell(struct rejected_sink *sink, bool first, struct text cell)
{
	/* as the import reads it: an apostrophe is put on only where one is taken off */
	sink->unpacked += cell.size + CELL_OVERHEAD;
	if (sink->xlsx)
		xlsx_text(sink->xlsx, cell);
	else
		csv_text(&sink->csv, first, cell_bare(cell));
}

static void put_end(struct rejected_sink *sink)
{
	if (sink->xlsx)
		xlsx_row(sink->xlsx);
	else
		csv_end(&sink->csv);
}

static bool formula_is_fault(const struct table_pass *pass, size_t at)
{
	for (size_t i = 0; i < pass->header.column_count; i++)
		if (pass->formulas >> i & 1 && pass->header.place[i] == (int32_t)at)
			return true;
	return false;
}

/*
 * Formulas come back as what they showed. Where that alone would be accepted, although nobody has
 * mended anything, they still look like formulas, or like errors.
 */
static struct text cell_at(const struct table_pass *pass, const struct sheet_row *row, size_t at)
{
	struct text cell = at < row->cell_count ? row->cells[at] : TEXT("");
	enum cell_mark mark = at < row->cell_count ? (enum cell_mark)row->marks[at] : CELL_PLAIN;

	if (mark == CELL_UNCOMPUTED)
		return TEXT("#N/A");
	if (mark != CELL_FORMULA || !formula_is_fault(pass, at) || cell_is_formula(cell))
		return cell;
	cell = arena_print(pass->scratch, "=%.*s", TEXT_FMT(cell));
	return cell.at ? cell : TEXT("=");
}

/* The row with @errors behind the header's last column; an older column of errors is left out. */
static void put_row(const struct table_pass *pass, const struct sheet_row *row, struct text errors)
{
	struct rejected_sink *sink = pass->sink;
	size_t width = pass->header.width;
	size_t kept = row->filled_count < SHEET_CELLS_MAX ? row->filled_count : SHEET_CELLS_MAX;
	bool first = true;

	for (size_t i = 0; i < width; i++) {
		if ((int32_t)i == pass->header.errors)
			continue;
		put_cell(sink, first, cell_at(pass, row, i));
		first = false;
	}
	put_cell(sink, first, errors);
	for (size_t i = width; i < kept; i++)
		put_cell(sink, false, cell_at(pass, row, i));
	put_end(sink);
}

/* ---- headers ---- */

static enum err column_names(struct table_pass *pass, const struct sheet_row *row)
{
	arena_reset(pass->heading);
	for (size_t i = 0; i < pass->header.column_count; i++) {
		int32_t place = pass->header.place[i];
		struct text name = place < 0
					   ? header_column_word(&pass->header, i, language_of(pass))
					   : cell_clean(pass->scratch, row->cells[place]);

		pass->names[i] = arena_text(pass->heading, name);
		if ((place >= 0 && !name.at) || !pass->names[i].at)
			return ERR_MEMORY;
	}
	return OK;
}

static bool same_columns(const struct header *a, const struct header *b)
{
	return a->width == b->width && a->errors == b->errors &&
	       memcmp(a->place, b->place, sizeof(a->place)) == 0;
}

/* A header that is only repeated is left out; another one stands above its rows. */
static enum err take_header(struct table_pass *pass, const struct sheet_row *row)
{
	enum err e;

	if (pass->headed && same_columns(&pass->header, &pass->written))
		return OK;
	e = column_names(pass, row);
	if (e || !pass->sink)
		return e;
	pass->formulas = 0;
	if (pass->number > 0 && !pass->headed && pass->sink->xlsx)
		xlsx_sheet(pass->sink->xlsx, pass->table->sheet[language_of(pass)]);
	put_row(pass, row, text_of(header_errors_words[language_of(pass)]));
	pass->headed = true;
	pass->written = pass->header;
	return OK;
}

/* ---- rows ---- */

/* "单价：价格为负"; faults of no column have only their sentence. */
static void add_sentence(struct table_pass *pass, const struct import_fault *fault)
{
	struct buffer *out = &pass->sentences;
	int column = word_find(pass->table->columns, fault->field);
	bool zh = language_of(pass) == ZH;

	if (out->size > SENTENCES_MAX)
		return;
	if (out->size)
		buffer_add(out, zh ? TEXT("；") : TEXT("; "));
	if (column >= 0) {
		buffer_add(out, pass->names[column]);
		buffer_add(out, zh ? TEXT("：") : TEXT(": "));
	}
	fault_sentence(fault, language_of(pass), out);
	if (out->size > SENTENCES_MAX)
		buffer_add(out, TEXT("…"));
}

static void note_formula(struct table_pass *pass, const struct import_fault *fault)
{
	int column = word_find(pass->table->columns, fault->field);

	if (column >= 0 && text_is(fault->code, err_info(ERR_FORMULA)->code))
		pass->formulas |= UINT32_C(1) << column;
}

/* Gathers what is said of the record, and passes over what is said of those before it. */
static enum err gather(struct table_pass *pass, int64_t record, bool *faulty)
{
	const struct import_fault *fault;
	enum err e;

	*faulty = false;
	pass->sentences.size = 0;
	pass->formulas = 0;
	while (!(e = fault_peek(&pass->faults, &fault)) && fault && fault->record <= record) {
		if (fault->record == record) {
			*faulty = true;
			add_sentence(pass, fault);
			note_formula(pass, fault);
		}
		pass->faults.at++;
	}
	return pass->sentences.failed ? ERR_MEMORY : e;
}

/* The code by which rows of two tables belong together. */
static struct text key_of(const struct table_pass *pass, const struct sheet_row *row)
{
	struct text raw = cell_bare(header_cell(&pass->header, row, pass->table->key, NULL));
	struct text folded = cell_fold(pass->scratch, raw);

	return folded.at ? upper_case(pass->scratch, folded) : NO_TEXT;
}

/* Of a code that stands twice the first row is meant, as the import has it. */
static enum err tie(const struct table_pass *pass, const struct sheet_row *row, bool *rejected)
{
	struct text key;

	if (pass->rejected->kind->table_count < 2)
		return OK;
	key = key_of(pass, row);
	if (!key.at)
		return ERR_MEMORY;
	if (pass->number == 0)
		return key.size ? names_put(pass->codes, key, *rejected) : OK;
	*rejected |= names_get(pass->codes, key) == true;
	return OK;
}

static enum err take_data(struct table_pass *pass, const struct sheet_row *row)
{
	bool rejected;
	enum err e = gather(pass, pass->base + row->record, &rejected);

	if (!e)
		e = tie(pass, row, &rejected);
	if (e || !rejected || !pass->sink)
		return e;
	put_row(pass, row, buffer_text(&pass->sentences));
	pass->sink->rows++;
	if (pass->sink->xlsx && pass->sink->unpacked > UNPACKED_MAX)
		return ERR_REJECTED_TOO_MANY;
	return pass->sink->csv.failed ? ERR_RESULT_TOO_LARGE : OK;
}

static enum err take_row(void *context, const struct sheet_row *row)
{
	struct table_pass *pass = context;
	enum import_skip skip;
	enum err e;

	arena_reset(pass->scratch);
	e = pass->number ? OK
			 : said_correct(pass->options, &pass->header, pass->table->columns, &row);
	if (!e)
		e = header_look(&pass->header, row, &skip);
	if (e)
		return e;
	switch (skip) {
	case SKIP_NONE:
		return take_data(pass, row);
	case SKIP_HEADER:
		return take_header(pass, row);
	default:
		return OK;
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

struct arenas {
	struct arena *file, *row, *heading, *page, *codes;
};

/* The first visible sheet, or the second where the second table has no file of its own. */
static enum err read_table(const struct rejected *rejected, struct table_pass *pass,
			   struct arena *arena)
{
	const struct import *import = rejected->import;
	bool second_sheet = pass->number > 0 && id_is_none(import->places);
	struct sheet_choice choice = { .index = second_sheet };
	struct sheet_source source;
	struct text content = NO_TEXT;
	enum err e = pass->table->header(&pass->header, arena, pass->scratch);

	if (!e && !pass->number) {
		e = said_load(rejected->rq->db, arena, rejected->kind, import->id, pass->options);
		choice.name = pass->options->sheet;
		pass->header.choice = &pass->options->choice;
	}

	if (!e)
		e = file_read(rejected->rq->db, arena, &rejected->rq->actor,
			      pass->number == 0 || second_sheet ? import->file : import->places,
			      &content);
	if (!e)
		e = sheet_read(content, &choice, arena, &source, take_row, pass);
	return e == ERR_SHEET_MISSING && second_sheet ? OK : e;
}

/* One table of the import, to the sink or only for its codes. */
static enum err pass_table(const struct rejected *rejected, const struct arenas *arenas,
			   struct names *codes, size_t number, bool writes)
{
	int64_t base = number ? PLACES_RECORDS : 0;
	struct table_pass pass = {
		.rejected = rejected,
		.table = &rejected->kind->tables[number],
		.number = number,
		.sink = writes ? rejected->sink : NULL,
		.scratch = arenas->row,
		.heading = arenas->heading,
		.codes = codes,
		.faults = { .db = rejected->rq->db,
			    .arena = arenas->page,
			    .import = rejected->import->id,
			    .after = base * ROW_FAULTS_MAX - 1 },
		.base = base,
	};
	pass.sentences.max = KIB(64);
	arena_reset(arenas->file);
	pass.options = arena_take(arenas->file, sizeof(*pass.options));
	enum err e = !pass.options ? ERR_MEMORY : read_table(rejected, &pass, arenas->file);
	buffer_free(&pass.sentences);
	bool asked = number > 0 && !rejected->sink->xlsx;
	return !e && asked && !pass.headed ? ERR_NOT_FOUND : e;
}

static enum err write_tables(const struct rejected *rejected, const struct arenas *arenas)
{
	bool workbook = rejected->sink->xlsx != NULL;
	bool second =
		rejected->kind->table_count > 1 && (workbook || rejected->part == PART_PLACES);
	struct names codes;

	names_begin(&codes, arenas->codes);
	enum err e =
		pass_table(rejected, arenas, &codes, 0, workbook || rejected->part == PART_ROWS);
	return !e && second ? pass_table(rejected, arenas, &codes, 1, true) : e;
}

enum err rejected_write(const struct rejected *rejected)
{
	const struct arenas arenas = {
		.file = arena_new(FILE_ARENA),
		.row = arena_new(ROW_ARENA),
		.heading = arena_new(HEADING_ARENA),
		.page = arena_new(PAGE_ARENA),
		.codes = arena_new(CODES_ARENA),
	};
	bool whole = arenas.file && arenas.row && arenas.heading && arenas.page && arenas.codes;
	enum err e = whole ? write_tables(rejected, &arenas) : ERR_MEMORY;

	arena_free(arenas.file);
	arena_free(arenas.row);
	arena_free(arenas.heading);
	arena_free(arenas.page);
	arena_free(arenas.codes);
	return e;
}
