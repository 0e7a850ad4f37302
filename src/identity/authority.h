/* Rows of authorities, for the event that makes one. */
#ifndef IDENTITY_AUTHORITY_H
#define IDENTITY_AUTHORITY_H

#include "xiangcai/identity.h"

/* Gives the organisation the capacity, or another scope. */
enum err authority_put(struct db *db, const struct authority *authority);
enum err county_exists(struct db *db, struct text code, bool *exists);
/* A unit by its code, where it stands in the hierarchy on @day; ERR_NOT_FOUND. Locked. */
enum err root_by_code(struct db *db, struct arena *arena, int32_t hierarchy, int32_t day,
		      struct text code, struct id *out);

#endif
