/*
 * Makes an index. What documents say repeats: each distinct text of a field is a value, taken apart
 * once however many documents say it. Values are numbered by how many do, so that lists of names
 * begin with the commonest; then the keys of values are spread over the values' documents.
 */
#include "search_private.h"

#include <string.h>

/* A name outweighs all other fields together. */
const struct field_weight field_weights[SEARCH_FIELD_COUNT] = {
	[SEARCH_NUMBER] = { 0 },
	[SEARCH_NAME] = { 120, 132, 60, .characters = true, .spelled = true, .suggested = true },
	[SEARCH_BRAND] = { 34, 36, 30, .characters = true, .spelled = true, .suggested = true },
	[SEARCH_CATEGORY] = { 26, 28, 24, .characters = true, .spelled = true, .suggested = true },
	[SEARCH_COUNTY] = { 20, 22, 16, .characters = true, .spelled = true, .suggested = true },
	[SEARCH_SPECIFICATION] = { 12, 12, 0, .characters = true },
	[SEARCH_PARENT] = { 8, 8, 6, .characters = true, .spelled = true, .suggested = true },
	[SEARCH_CITY] = { 6, 6, 4, .spelled = true },
	[SEARCH_SUPPLIER] = { 4, 4, 4, .spelled = true, .suggested = true },
	[SEARCH_CERTIFICATE] = { 2, 2, 2, .spelled = true },
};

/* ---- collecting ------------------------------------------------------------------------------ */

struct saying {
	uint32_t value, document;
};
enum { TEXT_MAX = 2048 };
struct search_builder {
	struct text_set values, runs; /* a value begins with its field, a byte */
	struct saying *sayings;
	size_t count, room;
	char scratch[TEXT_MAX + 1];
	struct search_index *index;
	struct entries entries;
	uint32_t *documents, *starts; /* of values, by rank */
	bool failed;
};

struct search_builder *search_begin(void)
{
	return memory_take(sizeof(struct search_builder));
}

/* A long text ends between two characters. */
static size_t cut_size(struct text t)
{
	size_t size = t.size;

	if (size <= TEXT_MAX)
		return size;
	for (size = TEXT_MAX; size && ((uint8_t)t.at[size] & 0xc0) == 0x80;)
		size--;
	return size;
}

static bool say(struct search_builder *builder, uint32_t value, uint32_t document)
{
	if (builder->count == builder->room) {
		size_t room = builder->room ? 2 * builder->room : 1024;
		struct saying *sayings =
			memory_grow(builder->sayings, room * sizeof(*builder->sayings));

		if (!sayings)
			return false;
		builder->sayings = sayings;
		builder->room = room;
	}
	builder->sayings[builder->count++] = (struct saying){ value, document };
	return true;
}

void search_add(struct search_builder *builder, uint32_t document, enum search_field field,
		struct text t)
{
	size_t size = cut_size(t);
	uint32_t value;

	if (!size || builder->failed)
		return;
	builder->scratch[0] = (char)field;
	memcpy(builder->scratch + 1, t.at, size);
	builder->failed = !text_set_put(&builder->values,
					(struct text){ builder->scratch, size + 1 }, &value) ||
			  !say(builder, value, document);
}

/* ---- values by rank -------------------------------------------------------------------------- */

/* Counts, then places: the values of most documents first, in order of appearance among equals. */
static bool values_rank(struct search_builder *builder, uint32_t *ranks)
{
	struct search_index *index = builder->index;
	size_t values = builder->values.count, most = 0;
	uint32_t *counts = memory_take((values + 1) * sizeof(*counts));

	if (!counts)
		return false;
	for (size_t i = 0; i < builder->count; i++)
		if (++counts[builder->sayings[i].value] > most)
			most = counts[builder->sayings[i].value];
	uint32_t *places = memory_take((most + 2) * sizeof(*places));
	for (size_t i = 0; places && i < values; i++)
		places[most - counts[i] + 1]++;
	for (size_t i = 1; places && i <= most; i++)
		places[i] += places[i - 1];
	for (size_t i = 0; places && i < values; i++) {
		uint32_t rank = ranks[i] = places[most - counts[i]]++;

		index->values[rank] = (struct search_value){
			.at = builder->values.starts[i] + 1,
			.size = builder->values.starts[i + 1] - builder->values.starts[i] - 1,
			.documents = counts[i],
			.field = (uint8_t)builder->values.bytes[builder->values.starts[i]],
		};
	}
	memory_free(counts);
	memory_free(places);
	return places != NULL;
}

/* The documents of each value, ascending as they were added; what is said twice counts once. */
static bool values_spread(struct search_builder *builder, const uint32_t *ranks)
{
	struct search_index *index = builder->index;
	size_t values = builder->values.count;
	uint32_t at = 0;

	builder->starts = memory_take((values + 1) * sizeof(*builder->starts));
	builder->documents = memory_take((builder->count + 1) * sizeof(*builder->documents));
	if (!builder->starts || !builder->documents)
		return false;
	for (size_t rank = 0; rank < values; rank++) {
		builder->starts[rank] = at;
		at += index->values[rank].documents;
		index->values[rank].documents = 0;
	}
	builder->starts[values] = at;
	for (size_t i = 0; i < builder->count; i++) {
		uint32_t rank = ranks[builder->sayings[i].value];
		uint32_t *list = builder->documents + builder->starts[rank];
		uint32_t *count = &index->values[rank].documents;

		if (!*count || list[*count - 1] != builder->sayings[i].document)
			list[(*count)++] = builder->sayings[i].document;
	}
	return true;
}

/* ---- keys of a value ------------------------------------------------------------------------- */

struct taking {
	struct search_builder *builder;
	const struct field_weight *weight;
	uint32_t rank;
	const uint32_t *letters;
	size_t count, first; /* where its first letter stands */
};

static void take(const struct taking *taking, uint64_t key, size_t at)
{
	entries_add(&taking->builder->entries, key, taking->rank,
		    at == taking->first ? taking->weight->first : taking->weight->inside);
}

/* The characters from @from on that have a reading, as a run of their own. */
static void take_runs(const struct taking *taking, size_t from, size_t to)
{
	uint16_t run[RUN_MAX] = { 0 };
	size_t size = 0, start = from;

	for (size_t i = from; i <= to; i++) {
		if (i < to && size < RUN_MAX && pinyin_has(taking->letters[i])) {
			run[size++] = (uint16_t)taking->letters[i];
			continue;
		}
		uint32_t number;
		struct text bytes = { (const char *)run, size * sizeof(*run) };

		if (size && !text_set_put(&taking->builder->runs, bytes, &number))
			taking->builder->failed = true;
		else if (size)
			take(taking, KEY(KEY_RUN, number), start);
		if (i < to && size == RUN_MAX)
			i--;
		size = 0;
		start = i + 1;
	}
}

static void take_characters(const struct taking *taking, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (taking->weight->characters)
			take(taking, key_pair(taking->letters[i], 0), i);
		if (i + 1 < to)
			take(taking, key_pair(taking->letters[i], taking->letters[i + 1]), i);
	}
	if (taking->weight->spelled)
		take_runs(taking, from, to);
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

enum { STARTS_MAX = 12 };

/* A word; and its parts where digits and letters meet: 5kg is 5 and kg too. */
static void take_word(const struct taking *taking, size_t from, size_t to)
{
	size_t start = from;

	take(taking, key_hash(KEY_WORD, taking->letters + from, to - from), from);
	for (size_t i = from + 1; i <= to; i++)
		if (i == to || is_digit(taking->letters[i]) != is_digit(taking->letters[i - 1])) {
			take(taking, key_hash(KEY_WORD, taking->letters + start, i - start), from);
			start = i;
		}
	for (size_t i = 1; taking->weight->suggested && i <= to - from && i <= STARTS_MAX; i++)
		take(taking, key_hash(KEY_START, taking->letters + from, i), from);
}

/* 延长县 is asked for as 延长. */
static size_t stem_size(const struct taking *taking)
{
	uint32_t last = taking->letters[taking->count - 1];
	bool is_county = taking->weight == &field_weights[SEARCH_COUNTY] ||
			 taking->weight == &field_weights[SEARCH_CITY];

	return is_county && taking->count > 2 &&
			       (last == 0x53bf || last == 0x533a || last == 0x5e02)
		       ? taking->count - 1
		       : taking->count;
}

static void take_whole(const struct taking *taking)
{
	size_t stem = stem_size(taking);
	struct entries *entries = &taking->builder->entries;

	entries_add(entries, key_hash(KEY_WHOLE, taking->letters, taking->count), taking->rank,
		    taking->weight->whole);
	if (stem < taking->count)
		entries_add(entries, key_hash(KEY_WHOLE, taking->letters, stem), taking->rank,
			    taking->weight->whole);
}

static void take_letters(struct taking *taking)
{
	while (taking->first < taking->count && !taking->letters[taking->first])
		taking->first++;
	for (size_t i = 0, to; i < taking->count; i = to) {
		bool latin = letter_is_latin(taking->letters[i]);

		for (to = i; to < taking->count && taking->letters[to] &&
			     letter_is_latin(taking->letters[to]) == latin;)
			to++;
		if (to == i)
			to++;
		else if (latin)
			take_word(taking, i, to);
		else
			take_characters(taking, i, to);
	}
	if (taking->weight->whole)
		take_whole(taking);
}

static size_t count_letters(const uint32_t *letters, size_t count)
{
	size_t letter_count = 0;

	for (size_t i = 0; i < count; i++)
		letter_count += letters[i] != 0;
	return letter_count;
}

/* The shortest name of a document is its name, where there are several. */
static void name_documents(struct search_builder *builder, uint32_t rank, size_t length)
{
	struct search_index *index = builder->index;
	const uint32_t *documents = builder->documents + builder->starts[rank];
	uint8_t least = (uint8_t)(length < UINT8_MAX ? length : UINT8_MAX);

	for (size_t i = 0; i < index->values[rank].documents; i++) {
		uint32_t document = documents[i];

		if (index->lengths[document] && index->lengths[document] <= least)
			continue;
		index->lengths[document] = least;
		index->name_of[document] = rank;
	}
}

static void take_value(struct search_builder *builder, uint32_t rank)
{
	uint32_t letters[FOLD_MAX];
	const struct search_value *value = &builder->index->values[rank];
	struct taking taking = { builder, &field_weights[value->field], rank, letters, 0, 0 };

	taking.count = search_fold((struct text){ builder->values.bytes + value->at, value->size },
				   letters, FOLD_MAX);
	size_t letter_count = count_letters(letters, taking.count);

	if (!letter_count)
		return;
	if (value->field == SEARCH_NUMBER)
		entries_add(&builder->entries, key_hash(KEY_NUMBER, letters, taking.count), rank,
			    1);
	else
		take_letters(&taking);
	if (value->field == SEARCH_NAME)
		name_documents(builder, rank, letter_count);
}

/* ---- keys of documents ----------------------------------------------------------------------- */

/* One key's documents: which, by bit, and what they say of it together. */
struct spread {
	uint64_t *bits;
	uint16_t *weights;
	size_t first, last; /* words of @bits that may be set */
};

static void spread_value(const struct search_builder *builder, const struct entry *entry,
			 struct spread *spread)
{
	const uint32_t *documents = builder->documents + builder->starts[entry->id];
	size_t count = builder->index->values[entry->id].documents;

	for (size_t i = 0; i < count; i++) {
		uint32_t document = documents[i];

		spread->bits[document / 64] |= UINT64_C(1) << document % 64;
		spread->weights[document] = (uint16_t)(spread->weights[document] + entry->weight);
	}
	if (count && documents[0] / 64 < spread->first)
		spread->first = documents[0] / 64;
	if (count && documents[count - 1] / 64 > spread->last)
		spread->last = documents[count - 1] / 64;
}

static bool spread_end(struct spread *spread, uint64_t key, struct core *out)
{
	bool room = true;

	for (size_t i = spread->first; i <= spread->last; i++) {
		uint64_t bits = spread->bits[i];

		spread->bits[i] = 0;
		for (; bits; bits &= bits - 1) {
			size_t document = i * 64 + (size_t)__builtin_ctzll(bits);

			room = room &&
			       core_add(out, key, (uint32_t)document, spread->weights[document]);
			spread->weights[document] = 0;
		}
	}
	spread->first = SIZE_MAX;
	spread->last = 0;
	return room;
}

static bool is_of_documents(uint64_t key)
{
	return key >> KEY_SHIFT != KEY_START;
}

static bool spread_keys(const struct search_builder *builder, struct spread *spread)
{
	const struct entries *entries = &builder->entries;
	struct search_index *index = builder->index;
	bool room = true;

	for (size_t i = 0, to; room && i < entries->count; i = to) {
		uint64_t key = entries->at[i].key;

		for (to = i; to < entries->count && entries->at[to].key == key; to++) {
			const struct entry *entry = &entries->at[to];

			if (is_of_documents(key))
				spread_value(builder, entry, spread);
			if (field_weights[index->values[entry->id].field].suggested)
				room = room &&
				       core_add(&index->names, key, entry->id, entry->weight);
		}
		if (spread->first <= spread->last)
			room = spread_end(spread, key, &index->documents) && room;
	}
	return room && core_end(&index->documents) && core_end(&index->names);
}

static bool spread_take(struct spread *spread, size_t documents)
{
	spread->bits = memory_take((documents / 64 + 1) * sizeof(uint64_t));
	spread->weights = memory_take((documents + 1) * sizeof(uint16_t));
	return spread->bits && spread->weights;
}

static void spread_drop(struct spread *spread)
{
	memory_free(spread->bits);
	memory_free(spread->weights);
}

static bool documents_make(const struct search_builder *builder)
{
	struct spread spread = { .first = SIZE_MAX };
	bool made = spread_take(&spread, builder->index->document_count) &&
		    spread_keys(builder, &spread);

	spread_drop(&spread);
	return made;
}

/* ---- runs ------------------------------------------------------------------------------------ */

/*
 * Of a key that so many places of runs have, the documents are kept; but those that say it only in
 * their supplier's name, such as 有限公司, which would be as many again.
 */
enum { MANY = 200 };

static void spread_run(const struct search_index *index, uint32_t id, size_t spelled,
		       struct spread *spread)
{
	uint32_t run = id >> RUN_SHIFT, at = id & RUN_MAX;
	size_t size = index->run_starts[run + 1] - index->run_starts[run];
	struct postings_list list = core_at(&index->documents, index->run_keys + run);
	int more = at ? INSIDE_RUN : size == spelled ? WHOLE_RUN : 0;

	for (size_t i = 0; i < list.count; i++) {
		uint32_t document = list.ids[i];
		int weight = list.weights[i] + more;

		if (list.weights[i] < field_weights[SEARCH_CITY].inside)
			continue;
		weight = weight < 1 ? 1 : weight;
		spread->bits[document / 64] |= UINT64_C(1) << document % 64;
		if (spread->weights[document] < weight)
			spread->weights[document] = (uint16_t)weight;
	}
	if (list.count && list.ids[0] / 64 < spread->first)
		spread->first = list.ids[0] / 64;
	if (list.count && list.ids[list.count - 1] / 64 > spread->last)
		spread->last = list.ids[list.count - 1] / 64;
}

/* How many characters a plain key spells. */
static size_t spelled_by(uint64_t key)
{
	uint64_t number = key & ((UINT64_C(1) << KEY_SHIFT) - 1);

	if (key >> KEY_SHIFT == KEY_SYLLABLES)
		return number & 0x3ff ? 3 : 2;
	return number & 0x1f ? 4 : number & 0x3e0 ? 3 : 2;
}

/* Keys of four letters and of syllables serve nothing else: where their documents are not kept, one
 * place says that there is any. */
static bool is_only_plain(uint64_t key)
{
	return key >> KEY_SHIFT == KEY_SYLLABLES || (pinyin_is_plain(key) && spelled_by(key) == 4);
}

static bool grams_make(struct search_index *index, const struct entries *entries,
		       struct spread *spread)
{
	bool room = true;

	for (size_t i = 0, to; room && i < entries->count; i = to) {
		uint64_t key = entries->at[i].key;

		for (to = i; to < entries->count && entries->at[to].key == key;)
			to++;
		bool ready = pinyin_is_plain(key) && to - i >= MANY;

		for (size_t j = i; ready && j < to; j++)
			spread_run(index, entries->at[j].id, spelled_by(key), spread);
		if (ready)
			room = spread_end(spread, key, &index->spelled);
		size_t kept = !is_only_plain(key) ? to - i : ready ? 0 : 1;

		for (size_t j = i; room && j < i + kept; j++)
			room = core_add(&index->grams, key, entries->at[j].id, 0);
	}
	return room && core_end(&index->grams) && core_end(&index->spelled);
}

static bool runs_make(struct search_builder *builder)
{
	struct search_index *index = builder->index;
	const struct text_set *runs = &builder->runs;
	struct entries *entries = &builder->entries;

	index->run_count = runs->count;
	index->run_letters = memory_take(runs->size + 1);
	index->run_starts = memory_take((runs->count + 1) * sizeof(*index->run_starts));
	if (!index->run_letters || !index->run_starts)
		return false;
	if (runs->size)
		memcpy(index->run_letters, runs->bytes, runs->size);
	entries->count = 0;
	for (size_t i = 0; i < runs->count; i++) {
		uint32_t start = runs->starts[i] / sizeof(uint16_t);

		index->run_starts[i] = start;
		index->run_starts[i + 1] = runs->starts[i + 1] / (uint32_t)sizeof(uint16_t);
		pinyin_keys(index->run_letters + start, index->run_starts[i + 1] - start,
			    (uint32_t)i, entries);
	}
	index->run_keys = core_lower(&index->documents, KEY(KEY_RUN, 0));
	struct spread spread = { .first = SIZE_MAX };
	bool made = entries_sort(entries) && spread_take(&spread, index->document_count) &&
		    grams_make(index, entries, &spread);

	spread_drop(&spread);
	return made;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool values_make(struct search_builder *builder)
{
	struct search_index *index = builder->index;
	uint32_t *ranks = memory_take((builder->values.count + 1) * sizeof(*ranks));

	index->value_count = builder->values.count;
	index->values = memory_take((index->value_count + 1) * sizeof(*index->values));
	bool made = ranks && index->values && values_rank(builder, ranks) &&
		    values_spread(builder, ranks);
	memory_free(ranks);
	return made;
}

static bool index_make(struct search_builder *builder, size_t documents)
{
	struct search_index *index = builder->index;

	index->document_count = documents;
	index->name_of = memory_take((documents + 1) * sizeof(*index->name_of));
	index->lengths = memory_take(documents + 1);
	if (builder->failed || !index->name_of || !index->lengths || !values_make(builder))
		return false;
	for (size_t rank = 0; rank < index->value_count; rank++)
		take_value(builder, (uint32_t)rank);
	if (builder->failed || !entries_sort(&builder->entries) || !documents_make(builder) ||
	    !runs_make(builder))
		return false;
	index->texts = builder->values.bytes;
	index->text_size = builder->values.byte_room;
	builder->values.bytes = NULL;
	return true;
}

struct search_index *search_finish(struct search_builder *builder, size_t documents)
{
	struct search_index *index = builder->index = memory_take(sizeof(*index));
	bool made = index && index_make(builder, documents);

	text_set_drop(&builder->values);
	text_set_drop(&builder->runs);
	memory_free(builder->sayings);
	memory_free(builder->entries.at);
	memory_free(builder->documents);
	memory_free(builder->starts);
	memory_free(builder);
	if (made)
		return index;
	search_free(index);
	return NULL;
}

void search_free(struct search_index *index)
{
	if (!index)
		return;
	core_drop(&index->documents);
	core_drop(&index->names);
	core_drop(&index->grams);
	core_drop(&index->spelled);
	memory_free(index->values);
	memory_free(index->texts);
	memory_free(index->run_letters);
	memory_free(index->run_starts);
	memory_free(index->name_of);
	memory_free(index->lengths);
	memory_free(index);
}

size_t search_bytes(const struct search_index *index)
{
	return sizeof(*index) + core_bytes(&index->documents) + core_bytes(&index->names) +
	       core_bytes(&index->grams) + core_bytes(&index->spelled) +
	       index->value_count * sizeof(*index->values) + index->text_size +
	       (index->run_count ? index->run_starts[index->run_count] * sizeof(uint16_t) : 0) +
	       (index->run_count + 1) * sizeof(uint32_t) +
	       index->document_count * (sizeof(*index->name_of) + 1);
}
