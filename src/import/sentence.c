/* Stored faults as people read them: the code's sentence, filled with the arguments kept beside it.
 */
#include "import_rows.h"

void fault_sentence(const struct import_fault *fault, enum language language, struct buffer *out)
{
	struct problem problem = { .code = err_named(fault->code), .pointer = fault->field };
	struct text rest = fault->arguments;
	size_t count = 0;

	while (rest.size && count < PROBLEM_ARGS_MAX)
		problem.args[count++] = ARG_TEXT(text_cut(&rest, '\x1f'));
	if (count < PROBLEM_ARGS_MAX)
		problem.args[count] = ARG_END;
	problem_sentence(&problem, language, out);
}
