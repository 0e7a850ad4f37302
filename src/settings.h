/* Everything that can be set. The table in settings.c is the one place where a setting's name,
 * default, limits and meaning stand. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "xiangcai/identity.h"

struct settings {
	struct text data, share; /* directories */
	struct text database_socket, database_host, database_user, database_password, database_name;
	int64_t database_port;
	struct text
		clock; /* RFC 3339 instant at which the program's clock begins; empty: real time */
	int32_t log_level;
	struct run_settings run;
	struct identity_settings identity;
};

extern const struct setting setting_rows[];
extern const size_t setting_count;

/*
 * The settings of @path (NULL: none) and the environment. Texts go to @arena. False: @faults names
 * every fault, one a line.
 */
bool settings_load(const char *path, char *const *environment, struct arena *arena,
		   struct settings *out, struct buffer *faults);
/* What no row alone can say: which settings go together. Also after options have changed some. */
bool settings_check(const struct settings *settings, struct buffer *faults);
/* Whether a database is configured; otherwise the embedded one is used. */
bool settings_name_database(const struct settings *settings);

#endif
