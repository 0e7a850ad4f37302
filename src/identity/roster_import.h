/*
 * A roster on its way into the platform: rows of units, their places in hierarchies, and what is
 * said of them. Rows are read and judged one by one (roster_import_rules.c), then against each
 * other and the database (roster_import_check.c), then taken over at once (roster_import_event.c).
 */
#ifndef ROSTER_IMPORT_H
#define ROSTER_IMPORT_H

#include "organisation_rows.h"
#include "xiangcai/import.h"

enum roster_column {
	ROSTER_CODE,
	ROSTER_NAME,
	ROSTER_SHORT_NAME,
	ROSTER_KIND,
	ROSTER_PARENT,
	ROSTER_CITY,
	ROSTER_REGION,
	ROSTER_USCC,
	ROSTER_MEMBERS,
	ROSTER_BUDGET_FEN,
	ROSTER_BUDGET,
	ROSTER_HIERARCHIES,
	ROSTER_COLUMN_COUNT
};
extern const char *const roster_column_words[]; /* as `field` says them */
enum place_column { PLACE_UNIT, PLACE_HIERARCHY, PLACE_PARENT, PLACE_COLUMN_COUNT };
extern const char *const place_column_words[];

/* A fault or a note of one row, as it is staged in the end. */
struct roster_remark {
	struct problem problem; /* of a note only the place: the column's word */
	struct text cell, taken;
};

/* What the database knows of an organisation that a row may mean. */
struct known_unit {
	struct id id;
	struct text uscc, code, name, short_name;
	bool is_unit;
	int32_t status;
	struct unit_facts facts; /* meaningful where is_unit */
};

struct roster_row {
	int64_t record;
	struct text code, name, short_name, uscc, parent;
	struct unit_facts facts;
	uint32_t hierarchies;           /* bits; those that the row itself places the unit in */
	bool has_places;                /* the list of places names it */
	uint32_t placed;                /* bits: hierarchies in which it has a place of the file */
	struct list faults, notes;      /* of struct roster_remark */
	const struct known_unit *known; /* NULL: it is new */
	struct id id;                   /* its own, or that of @known */
};

/* Where a unit of the file stands. */
struct roster_place {
	int64_t record; /* of the list of places; 0: the unit's own row says it */
	size_t row;     /* index of its unit */
	int32_t hierarchy;
	struct text parent; /* code; "": a root */
	struct id parent_id;
	int32_t since; /* of a new unit: DAY_NONE as early as may be */
	bool refused;
};

struct roster_reading {
	struct arena *arena, *scratch;
	struct list counties; /* of struct county */
	struct header header;
	struct list rows;         /* of struct roster_row: data of the file, good and bad */
	struct list places;       /* of struct roster_place */
	struct list place_faults; /* of struct place_fault */
	struct names codes;       /* code → index of the row that has it first */
	struct list known;        /* of struct known_unit, by uscc */
	struct list others; /* of struct known_unit: by code, those codes that the file names */
	struct names known_codes; /* code → index in others */
	struct list forest;       /* of struct dated_place: all hierarchies */
	int64_t skipped;
	int32_t tomorrow;
	bool out_of_memory;
};
/* A row of the list of places that cannot be taken. */
struct place_fault {
	int64_t record;
	struct roster_remark remark;
	bool alone; /* no row of the file is meant: it counts as a rejected row itself */
};

/* ---- roster_import_rules.c: pure ---------------------------------------------- */

/* Headers that find the columns of both tables. */
enum err roster_header_begin(struct header *header, struct arena *lasting, struct arena *scratch);
enum err places_header_begin(struct header *header, struct arena *lasting, struct arena *scratch);
/* Fills the headers of both tables from the reading's arenas. */
enum err roster_begin(struct roster_reading *reading, struct arena *arena, struct arena *scratch);
enum err places_begin(struct roster_reading *reading, struct header *header);
/* sheet_row_fn; the context is the reading, or a struct places_reading. */
enum err roster_row_read(void *context, const struct sheet_row *row);
struct places_reading {
	struct roster_reading *roster;
	struct header header;
};
enum err roster_place_read(void *context, const struct sheet_row *row);
/* As data/uscc.md allows importers: invisible characters off, half-width, trimmed, capital. */
struct text uscc_normalised(struct arena *arena, struct text cell);
/* Notes a fault of a row or says what a cell was taken for; @one and @two fill the sentence. */
void roster_fault(struct roster_reading *reading, struct roster_row *row, const char *column,
		  struct text cell, enum err code, struct arg one, struct arg two);
void roster_note(struct roster_reading *reading, struct roster_row *row, const char *column,
		 struct text cell, struct text taken);
void roster_place_fault(struct roster_reading *reading, const struct roster_place *place,
			enum place_column column, struct text cell, enum err code, struct arg one,
			bool alone);

/* ---- roster_import_check.c: pure ------------------------------------------------ */

/*
 * After known, others and forest are filled: ties rows to what the database has, and rejects what
 * repeats, what hangs from nothing, what runs in circles, and what hangs from rejected rows.
 * ERR_MEMORY or OK.
 */
enum err roster_check(struct roster_reading *reading);
bool roster_row_is_good(const struct roster_row *row);
/* The place that a unit has in the end, in the database; NULL: none. */
const struct dated_place *roster_place_last(const struct roster_reading *reading, int32_t hierarchy,
					    struct id unit);

/* ---- roster_import_sql.c -------------------------------------------------------- */

/* Organisations by credit codes, or by codes (struct value): struct known_unit in no order. */
enum err known_by_uscc(struct db *db, const struct value *codes, size_t count, bool locks,
		       struct arena *arena, struct list *out);
enum err known_by_code(struct db *db, const struct value *codes, size_t count, struct arena *arena,
		       struct list *out);
/* Names and facts of organisations that exist, versions raised: struct organisation; struct unit.
 */
enum err organisations_put(struct db *db, const struct list *organisations);
enum err units_put(struct db *db, const struct list *units);
/* What they were called until now, where nothing is kept yet, and what from @since on: struct
 * dated_name. */
struct dated_name {
	struct id organisation;
	int32_t since;
	struct text name, short_name;
	bool is_applied;
};
enum err names_keep(struct db *db, const struct list *names);
enum err names_set(struct db *db, const struct list *names);

/* ---- roster_import.c ------------------------------------------------------------ */

extern const struct import_kind roster_import;

/* ---- roster_import_trail.c ------------------------------------------------------ */

/* A unit as the trail shows it. */
struct unit_state {
	struct id id;
	struct text uscc, code, name, short_name;
	bool is_unit;
	struct unit_facts facts;
	struct list places; /* of struct placement: those of a new one */
};
struct unit_change {
	bool is_new, is_renamed_only;
	struct unit_state before, after;
};
/* The import's event and those of its units, of which @changes tell, and of places of units that
 * were there before. */
enum err roster_trail(struct tx *tx, const struct roster_reading *reading,
		      const struct list *changes, const struct list *placements,
		      const struct import *import);

/* ---- roster_import_event.c ------------------------------------------------------ */

enum err roster_publish(struct tx *tx, struct import_end *end);
enum err roster_plan(struct tx *tx, struct import_end *end);

#endif
