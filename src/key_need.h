/* Which key files the database cannot do without. */
#ifndef KEY_NEED_H
#define KEY_NEED_H

#include "modules.h"

struct key_need {
	bool authentication; /* there are events, which are authenticated with it */
	bool encryption;     /* there are sealed values */
};
/* Also of a database that has no tables yet, or those of an earlier release. */
enum err key_need_read(struct db *db, struct key_need *out);

#endif
