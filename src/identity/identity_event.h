/* The events of sessions, which only this module's handlers run. Those that others may run are in
 * its face. */
#ifndef IDENTITY_EVENT_H
#define IDENTITY_EVENT_H

#include "identity_rows.h"

event_fn session_open;   /* arg: struct session, whole; ERR_LOGIN_REFUSED for an account locked or
			    suspended meanwhile */
event_fn session_refuse; /* arg: struct id of the user, NO_ID where nobody has the login */
event_fn session_close;  /* arg: struct id of the session */

#endif
