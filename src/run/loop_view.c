/*
 * The published view on a loop: the current one and those that replies still send from. All counts
 * are plain numbers of the loop's thread; only taking and giving back the reference itself is
 * shared with other threads, once a view and not once a request.
 */
#include "run_private.h"

struct view_hold *view_hold_take(struct view_hold *hold)
{
	hold->count++;
	return hold;
}

void view_hold_drop(void *held)
{
	struct view_hold *hold = held;

	assert(hold->count > 0);
	if (--hold->count > 0)
		return;
	view_return(hold->app, hold->view);
	memory_free(hold);
}

void loop_view_clear(struct loop *loop)
{
	if (loop->hold)
		view_hold_drop(loop->hold);
	loop->hold = NULL;
}

bool loop_view_set(struct loop *loop, const void *view)
{
	struct view_hold *hold = memory_take(sizeof(*hold));

	if (!hold)
		return false;
	*hold = (struct view_hold){ .app = loop->app, .view = view, .count = 1 };
	loop_view_clear(loop);
	loop->hold = hold;
	return true;
}
