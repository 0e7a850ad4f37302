/* The answer about a session, which login, who-am-I and the change of organisation share. */
#ifndef SESSION_H
#define SESSION_H

#include "credential.h"

enum due { DUE_PASSWORD, DUE_TOTP };

struct session_answer {
	struct id id; /* NO_ID for an API key */
	struct id api_key;
	struct account user;
	struct organisation_card organisation;
	uint32_t roles;
	uint64_t permissions;
	struct text permission_list; /* the same as JSON, which session_reply makes */
	struct list memberships;
	int64_t expires_at; /* of a session: INT_NONE for an API key */
	bool second_factor;
	int32_t due; /* enum due; SMALL_NONE: nothing */
	int64_t last_login_at, failures_since;
	struct text token; /* NO_TEXT but in the answer to a program's login */
};

struct session_answer session_answer_of(struct req *rq, const struct account *user,
					const struct session *session,
					const struct membership *membership,
					const struct list *memberships);
enum err session_reply(struct req *rq, const struct session_answer *answer);

#endif
