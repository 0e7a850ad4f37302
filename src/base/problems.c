/* Faults of a request: collected, and told in sentences. */
#include "arena.h"

#include <string.h>

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

static void add_arg(struct buffer *out, const struct arg *arg)
{
	if (arg->text.at)
		buffer_add(out, arg->text);
	else
		buffer_int(out, arg->number);
}

void problem_sentence(const struct problem *problem, enum language language, struct buffer *out)
{
	const char *at = err_info(problem->code)->sentence[language];
	size_t next = 0;
	const char *hole;

	while ((hole = strstr(at, "{}"))) {
		assert(next < PROBLEM_ARGS_MAX);
		buffer_add(out, (struct text){ at, (size_t)(hole - at) });
		add_arg(out, &problem->args[next++]);
		at = hole + 2;
	}
	buffer_add(out, text_of(at));
}
