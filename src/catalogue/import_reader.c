/*
 * From records to decisions: what only people read is skipped, data is decided, and the codes that
 * were taken are remembered.
 */
#include "import_rules.h"
#include "import_values.h"
#include "import_words.h"

enum err import_header_begin(struct header *header, struct arena *lasting, struct arena *scratch)
{
	enum err e = header_begin(header, header_words, header_word_count, COLUMN_COUNT, lasting,
				  scratch);

	header->bracket_known = header_bracket_known;
	return e;
}

enum err import_begin(struct import_reader *reader, const struct import_reference *reference,
		      struct arena *lasting, struct arena *scratch, import_result_fn *fn,
		      void *context)
{
	enum err e;

	*reader = (struct import_reader){ .reference = reference,
					  .lasting = lasting,
					  .scratch = scratch,
					  .fn = fn,
					  .context = context };
	names_begin(&reader->accepted, lasting);
	e = import_header_begin(&reader->header, lasting, scratch);
	return e ? e : import_lookups_begin(reader);
}

/* ---- records ---- */

static enum err count_result(struct import_reader *reader, const struct import_result *result)
{
	switch (result->verdict) {
	case IMPORT_SKIPPED:
		reader->skipped_count++;
		return OK;
	case IMPORT_REJECTED:
		reader->rejected_count++;
		return OK;
	case IMPORT_ACCEPTED:
		break;
	}
	reader->accepted_count++;
	return names_put(&reader->accepted, result->row.code, 0);
}

enum err import_row(void *context, const struct sheet_row *row)
{
	struct import_reader *reader = context;
	struct import_result result = { .record = row->record };
	enum err e;

	arena_reset(reader->scratch);
	result.problems.arena = reader->scratch;
	e = header_look(&reader->header, row, &result.skip);
	if (!e && result.skip == SKIP_NONE)
		e = import_decide(reader, row, &result);
	if (!e)
		e = count_result(reader, &result);
	return e ? e : reader->fn(reader->context, &result);
}

enum err import_end(const struct import_reader *reader)
{
	return reader->header.seen ? OK : ERR_HEADER_MISSING;
}
