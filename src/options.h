/* Options of the command line, by tables. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "xiangcai/base.h"

/* `--name VALUE` (or `--name=VALUE`) where @value is set, else the flag `--name`. */
struct option_row {
	const char *name; /* with its dashes */
	const char **value;
	bool *flag;
};

/*
 * Takes the options of @rows out of @argv, whose rest moves up; gives the new number of arguments.
 * What is not in @rows stays. Faults, one a line: a value is missing, a flag has one, an option
 * comes twice.
 */
int options_take(const struct option_row *rows, size_t count, int argc, char **argv,
		 struct buffer *faults);
/* What is left is a fault, each argument of it. */
void options_end(int argc, char **argv, struct buffer *faults);

#endif
