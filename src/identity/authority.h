/* Rows of authorities, for the event that makes one. */
#ifndef IDENTITY_AUTHORITY_H
#define IDENTITY_AUTHORITY_H

#include "xiangcai/identity.h"

/* Gives the organisation the capacity, or another scope. */
enum err authority_put(struct db *db, const struct authority *authority);
/* How it stands in the trail, and in the row that the next reads. */
extern const struct field new_authority_fields[];
extern const size_t new_authority_field_count;
/* What the authority was before, locked. ERR_NOT_FOUND. */
enum err authority_was(struct db *db, struct arena *arena, struct id organisation,
		       struct new_authority *out);
enum err county_exists(struct db *db, struct text code, bool *exists);
/* A unit by its code, where it stands in the hierarchy on @day; ERR_NOT_FOUND. Locked. */
enum err root_by_code(struct db *db, struct arena *arena, int32_t hierarchy, int32_t day,
		      struct text code, struct id *out);

#endif
