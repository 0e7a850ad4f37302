/* Faults of a request, collected. */
#include "arena.h"

static struct arg arg_copy(struct arena *arena, struct arg arg)
{
	arg.text = arena_text(arena, arg.text);
	return arg;
}

enum err problem_add(struct problems *problems, enum err code, const struct arg *args)
{
	if (problems->items.count >= PROBLEMS_MAX) {
		problems->dropped++;
		return code;
	}

	struct problem *problem = list_add(&problems->items, problems->arena, sizeof(*problem));

	if (!problem) {
		problems->dropped++;
		return code;
	}
	problem->code = code;
	if (args->end)
		return code;
	problem->pointer = arg_copy(problems->arena, args[0]).text;
	for (size_t i = 0; i < PROBLEM_ARGS_MAX && !args[i + 1].end; i++)
		problem->args[i] = arg_copy(problems->arena, args[i + 1]);
	return code;
}

struct arg problem_at(struct problems *problems, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct text place = arena_vprint(problems->arena, format, args);
	va_end(args);
	return ARG_TEXT(place);
}
