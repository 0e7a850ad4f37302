/*
 * One row on its way to a decision: what the files that judge its columns share. Private to the
 * import rules.
 */
#ifndef CATALOGUE_IMPORT_WORK_H
#define CATALOGUE_IMPORT_WORK_H

#include "import_rules.h"

struct import_work {
	struct import_reader *reader;
	struct import_result *result;
	struct arena *arena;
	struct text raw;       /* of the column being judged, without a writer's apostrophe */
	struct text clean;     /* the same, folded as the column says; "" when blank */
	struct text unit_cell; /* what stands in the unit column, known or not */
	const struct category *category; /* NULL when at fault */
	const char *unit;                /* NULL when at fault */
	int64_t price_fen;               /* 0 when at fault */
	int64_t minimum;                 /* 0 when at fault */
	enum err minimum_fault;
	bool faulty, out_of_memory;
};

/* What makes a cell suspicious as text. */
enum { FORMULA = 1, EQUALS = 2, MARKUP = 4, QUESTION_MARKS = 8 };

/* How the cells of one column are judged. */
struct import_judge {
	bool required;
	bool prose; /* cell_clean rather than cell_fold */
	unsigned dangers;
	size_t max;          /* characters; 0: what the reading function allows */
	size_t at;           /* of prose that is taken as it is: where it goes in the row */
	bool may_be_nothing; /* words and signs for "none" leave it empty */
	void (*take)(struct import_work *work, enum import_column column);
};
extern const struct import_judge import_judges[COLUMN_COUNT];

/* Each notes a fault of @column (COLUMN_COUNT: beyond them); the second repeats what stands in the
 * cell, the third names the limits. */
void import_fault(struct import_work *work, enum import_column column, enum err code);
void import_fault_quoting(struct import_work *work, enum import_column column, enum err code);
void import_fault_range(struct import_work *work, enum import_column column, enum err code,
			int64_t min, int64_t max);

void import_fault_limit(struct import_work *work, enum import_column column, enum err code,
			int64_t max);

/* Says what the cell was taken for, when that is not what stands there. */
void import_note(struct import_work *work, enum import_column column, struct text taken);
void import_note_int(struct import_work *work, enum import_column column, int64_t taken);

/* Whether the goods of the row have the cell already. */
bool import_stands(struct import_work *work, enum import_column column);

/* Notes all that is wrong with the cell as text; true when nothing is. */
bool import_text_is_sound(struct import_work *work, enum import_column column,
			  const struct import_judge *judge);

/* Reads the minimum ahead of its column; blank means one. The unit comes before. */
void import_minimum_read(struct import_work *work, struct text cell);

/* The columns of import_amounts.c. */
void import_take_price(struct import_work *work, enum import_column column);
void import_take_tiers(struct import_work *work, enum import_column column);
void import_take_moq(struct import_work *work, enum import_column column);
void import_take_stock(struct import_work *work, enum import_column column);
void import_take_multiple(struct import_work *work, enum import_column column);
void import_take_vat(struct import_work *work, enum import_column column);
void import_take_households(struct import_work *work, enum import_column column);

#endif
