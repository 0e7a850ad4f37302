/* The events of sessions, which only this module's handlers run. Those that others may run are in
 * its face. */
#ifndef IDENTITY_EVENT_H
#define IDENTITY_EVENT_H

#include "credential.h"

event_fn session_open;  /* arg: struct opening; ERR_LOGIN_REFUSED for a user locked out, suspended
			   or with another password meanwhile, ERR_TOTP_CODE for a code that was
			   taken */
event_fn session_close; /* arg: struct id of the session */

#endif
