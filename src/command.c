/* What commands say when something fails, and how they run a step. */
#include "command.h"

#include <string.h>

bool command_refused(const struct buffer *faults)
{
	struct text text = buffer_text(faults);

	while (text.size) {
		struct text line = text_cut(&text, '\n');

		fprintf(stderr, "xiangcai: %.*s\n", TEXT_FMT(line));
	}
	return faults->size > 0;
}

/* What the faults of an event point at, and by which option it was said. */
static const struct {
	const char *pointer, *option;
} options[] = {
	{ "/login", "--login" },
	{ "/name", "--name" },
	{ "/short_name", "--short-name" },
	{ "/organisation_code", "--organisation" },
	{ "/roles", "--roles" },
	{ "/code", "--code" },
	{ "/uscc", "--uscc" },
	{ "/county", "--scope" },
	{ "/root", "--scope" },
	{ "/scope", "--scope" },
	{ "/hierarchy", "--scope" },
};

static struct text place_of(struct text pointer)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (text_is(pointer, options[i].pointer))
			return text_of(options[i].option);
	return pointer;
}

int command_failed(const char *doing, enum err e, const struct problems *problems)
{
	const struct err_info *info = err_info(e);

	fprintf(stderr, "xiangcai: %s: %s: %s\n", doing, info->code,
		strstr(info->sentence[EN], "{}") ? problem_title(text_of(info->slug), EN)
						 : info->sentence[EN]);
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);
		struct text place = place_of(problem->pointer);
		struct buffer sentence = { .max = KIB(4) };

		problem_sentence(problem, EN, &sentence);
		fprintf(stderr, "  %.*s%s%.*s (%s)\n", TEXT_FMT(place), place.size ? ": " : "",
			TEXT_FMT(buffer_text(&sentence)), err_info(problem->code)->code);
		buffer_free(&sentence);
	}
	if (problems->dropped)
		fprintf(stderr, "  and %zu more\n", problems->dropped);
	return EXIT_FAULTS;
}

struct step command_step(struct app *app, struct arena *arena, struct problems *problems)
{
	return (struct step){ .app = app,
			      .db = program_of(app)->db,
			      .arena = arena,
			      .problems = problems,
			      .address = TEXT("command") };
}
