/*
 * The command line, read by tables: each command takes the options that it knows out of the
 * arguments, and what nobody took is named.
 */
#include "options.h"

#include <string.h>

/* The row of @argument, whose value behind a '=' (or NULL) goes to @inside. */
static const struct option_row *row_of(const struct option_row *rows, size_t count,
				       const char *argument, const char **inside)
{
	const char *equals = strchr(argument, '=');
	size_t size = equals ? (size_t)(equals - argument) : strlen(argument);

	*inside = equals ? equals + 1 : NULL;
	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].name) == size && memcmp(rows[i].name, argument, size) == 0)
			return &rows[i];
	return NULL;
}

static void take_value(const struct option_row *row, const char *value, struct buffer *faults)
{
	if (!value)
		buffer_print(faults, "%s: a value is missing\n", row->name);
	else if (*row->value)
		buffer_print(faults, "%s: is given twice\n", row->name);
	else
		*row->value = value;
}

static void take_flag(const struct option_row *row, const char *inside, struct buffer *faults)
{
	if (inside)
		buffer_print(faults, "%s: takes no value\n", row->name);
	*row->flag = true;
}

int options_take(const struct option_row *rows, size_t count, int argc, char **argv,
		 struct buffer *faults)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		const char *inside;
		const struct option_row *row = row_of(rows, count, argv[i], &inside);

		if (!row)
			argv[kept++] = argv[i];
		else if (row->flag)
			take_flag(row, inside, faults);
		else
			take_value(row, inside ? inside : i + 1 < argc ? argv[++i] : NULL, faults);
	}
	return kept;
}

void options_end(int argc, char **argv, struct buffer *faults)
{
	for (int i = 0; i < argc; i++)
		buffer_print(faults, "%s: is not an option or argument of this command\n", argv[i]);
}
