/* Stored faults as people read them: the code's sentence, filled with the arguments kept beside it.
 */
#include "import_rows.h"

static enum err err_of(struct text code)
{
	for (int e = 1; e < ERR_COUNT; e++)
		if (text_is(code, err_info((enum err)e)->code))
			return (enum err)e;
	return ERR_INTERNAL;
}

void fault_sentence(const struct import_fault *fault, enum language language, struct buffer *out)
{
	struct problem problem = { .code = err_of(fault->code), .pointer = fault->field };
	struct text rest = fault->arguments;
	size_t count = 0;

	while (rest.size && count < PROBLEM_ARGS_MAX)
		problem.args[count++] = ARG_TEXT(text_cut(&rest, '\x1f'));
	if (count < PROBLEM_ARGS_MAX)
		problem.args[count] = ARG_END;
	problem_sentence(&problem, language, out);
}
