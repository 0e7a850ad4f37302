/*
 * Settings: `name = value` lines over the defaults, and the environment over both. Nothing stops at
 * the first fault: the operator gets all of them, each with its line or variable, and for a
 * misspelt name the nearest one. A line is a comment when it begins with #; a value runs to the end
 * of its line.
 */
#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024, NAME_MAX_SIZE = 64, TEXT_MAX = 1000 };
#define PREFIX "XIANGCAI_"

struct reading {
	const struct setting *settings;
	size_t count;
	struct arena *arena;
	void *out;
	struct buffer *faults;
	size_t *lines; /* by setting: the line of the file that gave it, 0 for none */
	bool failed;
};

/* Where a value comes from: a line of a file, or a variable (line 0). */
struct origin {
	const char *name;
	size_t line;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct reading *reading, struct origin origin, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (origin.line)
		buffer_print(reading->faults, "%s:%zu: %s\n", origin.name, origin.line, sentence);
	else
		buffer_print(reading->faults, "%s: %s\n", origin.name, sentence);
	reading->failed = true;
}

/* ---- values ---- */

/* What a value must be; never NULL. */
static const char *__attribute__((format(printf, 2, 3)))
phrase(struct reading *reading, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct text printed = arena_vprint(reading->arena, format, args);
	va_end(args);
	return printed.at ? printed.at : "within its limits";
}

static bool has_limits(const struct setting *setting)
{
	return setting->min || setting->max;
}

static const char *take_bool(struct reading *reading, const struct setting *setting,
			     struct text value, void *slot)
{
	(void)reading;
	(void)setting;
	*(bool *)slot = text_is(value, "true");
	return *(bool *)slot || text_is(value, "false") ? NULL : "true or false";
}

static const char *take_int(struct reading *reading, const struct setting *setting,
			    struct text value, void *slot)
{
	int64_t number;

	if (!text_to_int(value, &number))
		return "an integer";
	*(int64_t *)slot = number;
	if (!has_limits(setting) || (number >= setting->min && number <= setting->max))
		return NULL;
	return phrase(reading, "between %lld and %lld", (long long)setting->min,
		      (long long)setting->max);
}

static const char *take_text(struct reading *reading, const struct setting *setting,
			     struct text value, void *slot)
{
	int64_t max = has_limits(setting) ? setting->max : TEXT_MAX;
	int64_t length = (int64_t)text_length(value);

	if (!text_is_utf8(value))
		return "UTF-8";

	struct text copy = arena_text(reading->arena, value);

	if (!copy.at)
		return "shorter: memory is used up";
	*(struct text *)slot = copy;
	if (length >= setting->min && length <= max)
		return NULL;
	return phrase(reading, "%lld to %lld characters long", (long long)setting->min,
		      (long long)max);
}

static void add_words(struct buffer *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buffer_print(out, "%s%s", i ? " | " : "", words[i]);
}

static const char *take_word(struct reading *reading, const struct setting *setting,
			     struct text value, void *slot)
{
	struct buffer words = { .max = KIB(4) };
	int word = word_find(setting->words, value);

	if (word >= 0) {
		*(int32_t *)slot = word;
		return NULL;
	}
	add_words(&words, setting->words);

	const char *wanted = phrase(reading, "one of %.*s", TEXT_FMT(buffer_text(&words)));

	buffer_free(&words);
	return wanted;
}

/* Each gives NULL, or what the value must be. */
static const char *(*const takes[])(struct reading *, const struct setting *, struct text,
				    void *) = {
	[KIND_BOOL] = take_bool,
	[KIND_INT] = take_int,
	[KIND_TEXT] = take_text,
	[KIND_WORD] = take_word,
};

static const char *take_value(struct reading *reading, const struct setting *setting,
			      struct text value)
{
	assert(setting->kind < COUNT_OF(takes) && takes[setting->kind]);
	return takes[setting->kind](reading, setting, value, (char *)reading->out + setting->at);
}

static void take_from(struct reading *reading, const struct setting *setting, struct text value,
		      struct origin origin)
{
	const char *wanted = take_value(reading, setting, value);

	if (!wanted)
		return;
	if (setting->secret)
		complain(reading, origin, "%s must be %s", setting->name, wanted);
	else
		complain(reading, origin, "%s must be %s, not \"%.*s\"", setting->name, wanted,
			 TEXT_FMT(text_part(value, 0, 100)));
}

/* ---- names ---- */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Insertions, deletions and changes from @a to @b (Levenshtein), over texts of at most
 * NAME_MAX_SIZE. */
static size_t distance(struct text a, struct text b)
{
	size_t row[NAME_MAX_SIZE + 1];

	assert(b.size <= NAME_MAX_SIZE);
	for (size_t j = 0; j <= b.size; j++)
		row[j] = j;
	for (size_t i = 0; i < a.size; i++) {
		size_t before = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.size; j++) {
			size_t changed = before + (a.at[i] != b.at[j]);

			before = row[j + 1];
			row[j + 1] = least(changed, row[j] + 1, before + 1);
		}
	}
	return row[b.size];
}

static const struct setting *nearest(const struct reading *reading, struct text name)
{
	const struct setting *best = NULL;
	size_t best_distance = SIZE_MAX;

	assert(reading->settings);
	name = text_part(name, 0, NAME_MAX_SIZE);
	for (size_t i = 0; i < reading->count; i++) {
		size_t d = distance(name, text_of(reading->settings[i].name));

		if (d < best_distance) {
			best_distance = d;
			best = &reading->settings[i];
		}
	}
	return best;
}

/* The variable of a setting: XIANGCAI_ and its name in capitals, anything but letters and digits as
 * _. */
static struct text variable_name(const struct setting *setting,
				 char out[NAME_MAX_SIZE + sizeof(PREFIX)])
{
	size_t size = sizeof(PREFIX) - 1;

	memcpy(out, PREFIX, size);
	for (const char *c = setting->name; *c; c++) {
		bool is_lower = *c >= 'a' && *c <= 'z';
		bool is_plain = (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');

		assert(size < NAME_MAX_SIZE + sizeof(PREFIX) - 1);
		out[size++] = is_lower ? (char)(*c - 'a' + 'A') : is_plain ? *c : '_';
	}
	out[size] = '\0';
	return (struct text){ out, size };
}

static void unknown_name(struct reading *reading, struct text name, struct origin origin,
			 bool in_environment)
{
	char variable[NAME_MAX_SIZE + sizeof(PREFIX)];
	const struct setting *near = nearest(reading, name);
	struct text shown = text_part(name, 0, 100);

	if (!near)
		complain(reading, origin, "there is no setting \"%.*s\"", TEXT_FMT(shown));
	else
		complain(reading, origin, "there is no setting \"%.*s\"; the nearest is %s",
			 TEXT_FMT(shown),
			 in_environment ? variable_name(near, variable).at : near->name);
}

/* ---- the file ---- */

static const struct setting *find_setting(const struct reading *reading, struct text name)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (text_is(name, reading->settings[i].name))
			return &reading->settings[i];
	}
	return NULL;
}

static void read_line(struct reading *reading, struct text line, struct origin origin)
{
	struct text value = line;
	struct text name = text_trim(text_cut(&value, '='));
	const struct setting *setting = find_setting(reading, name);

	if (!value.at) {
		complain(reading, origin, "a line is \"name = value\" or begins with #");
		return;
	}
	if (!setting) {
		unknown_name(reading, name, origin, false);
		return;
	}

	size_t *given = &reading->lines[setting - reading->settings];

	if (*given)
		complain(reading, origin, "%s is given already in line %zu", setting->name, *given);
	*given = origin.line;
	take_from(reading, setting, text_trim(value), origin);
}

static void read_lines(struct reading *reading, struct text rest, const char *path)
{
	struct origin origin = { path, 0 };

	while (rest.at) {
		struct text line = text_cut(&rest, '\n');

		origin.line++;
		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		line = text_trim(line);
		if (line.size && line.at[0] != '#')
			read_line(reading, line, origin);
	}
}

/* Up to FILE_MAX + 1 bytes of @path; NO_TEXT with errno when it cannot be read. */
static struct text read_file(struct arena *arena, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *at = arena_take(arena, FILE_MAX + 1);
	size_t size = 0;
	ssize_t got = -1;

	if (!at)
		errno = ENOMEM;
	while (fd >= 0 && at && (got = read(fd, at + size, FILE_MAX + 1 - size)) > 0)
		size += (size_t)got;

	int reason = errno;

	if (fd >= 0)
		close(fd);
	errno = reason;
	return got < 0 ? NO_TEXT : (struct text){ at, size };
}

static void read_path(struct reading *reading, const char *path)
{
	struct text content = read_file(reading->arena, path);
	struct origin origin = { path, 0 };

	if (!content.at)
		complain(reading, origin, "cannot be read: %s", strerror(errno));
	else if (content.size > FILE_MAX)
		complain(reading, origin, "is larger than %d bytes", FILE_MAX);
	else
		read_lines(reading, content, path);
}

/* ---- the environment ---- */

static const struct setting *find_variable(const struct reading *reading, struct text name)
{
	char variable[NAME_MAX_SIZE + sizeof(PREFIX)];

	for (size_t i = 0; i < reading->count; i++) {
		if (text_equal(name, variable_name(&reading->settings[i], variable)))
			return &reading->settings[i];
	}
	return NULL;
}

static void read_variable(struct reading *reading, struct text entry)
{
	struct text value = entry;
	struct text name = text_cut(&value, '=');
	const struct setting *setting = find_variable(reading, name);
	struct origin origin = { "environment", 0 };
	char lower[NAME_MAX_SIZE];
	size_t size = 0;

	if (setting) {
		origin.name = arena_string(reading->arena, name);
		take_from(reading, setting, value, origin);
		return;
	}
	for (size_t i = sizeof(PREFIX) - 1; i < name.size && size < sizeof(lower); i++)
		lower[size++] = name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] | 0x20)
								       : name.at[i];
	origin.name = arena_string(reading->arena, text_part(name, 0, 100));
	unknown_name(reading, (struct text){ lower, size }, origin, true);
}

bool settings_read(const struct setting *settings, size_t count, const char *path,
		   char *const *environment, struct arena *arena, void *out, struct buffer *faults)
{
	struct reading reading = { settings, count, arena, out, faults, NULL, false };

	reading.lines = arena_take(arena, count * sizeof(*reading.lines));
	if (!reading.lines) {
		buffer_add(faults, TEXT("out of memory\n"));
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const char *wanted =
			take_value(&reading, &settings[i], text_of(settings[i].standard));

		assert(!wanted);
	}
	if (path)
		read_path(&reading, path);
	for (; environment && *environment; environment++) {
		struct text entry = text_of(*environment);

		if (text_starts(entry, PREFIX))
			read_variable(&reading, entry);
	}
	return !reading.failed;
}

/* ---- the printed file ---- */

static void print_limits(const struct setting *setting, struct buffer *out)
{
	switch (setting->kind) {
	case KIND_BOOL:
		buffer_add(out, TEXT("true or false"));
		break;
	case KIND_WORD:
		add_words(out, setting->words);
		break;
	case KIND_TEXT:
		buffer_print(out, "text of %lld to %lld characters", (long long)setting->min,
			     has_limits(setting) ? (long long)setting->max : (long long)TEXT_MAX);
		break;
	default:
		buffer_add(out, TEXT("integer"));
		if (has_limits(setting))
			buffer_print(out, " from %lld to %lld", (long long)setting->min,
				     (long long)setting->max);
	}
	if (setting->secret)
		buffer_add(out, TEXT("; secret"));
}

void settings_print(const struct setting *settings, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct setting *setting = &settings[i];
		char variable[NAME_MAX_SIZE + sizeof(PREFIX)];

		buffer_print(out, "%s# %s\n# ", i ? "\n" : "", setting->sentence);
		print_limits(setting, out);
		buffer_print(out, "; default %s; %s\n",
			     *setting->standard ? setting->standard : "empty",
			     variable_name(setting, variable).at);
		buffer_print(out, "%s =%s%s\n", setting->name, *setting->standard ? " " : "",
			     setting->standard);
	}
}
