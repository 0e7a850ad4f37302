/* Values for placeholders: one constructor for each type of argument. */
#include <string.h>

#include "xiangcai/db.h"

struct value value_null(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

struct value value_i64(int64_t v)
{
	return (struct value){ .kind = VALUE_INT, .as.number = v };
}

struct value value_bool(bool v)
{
	return value_i64(v);
}

struct value value_i32(int32_t v)
{
	return value_i64(v);
}

struct value value_u32(uint32_t v)
{
	return value_i64(v);
}

struct value value_optional(int64_t v)
{
	return v == INT_NONE ? value_null() : value_i64(v);
}

struct value value_text(struct text v)
{
	return v.at ? (struct value){ .kind = VALUE_TEXT, .as.text = v } : value_null();
}

struct value value_string(const char *v)
{
	return value_text(text_of(v));
}

struct value value_bytes(struct text v)
{
	return v.at ? (struct value){ .kind = VALUE_BYTES, .as.text = v } : value_null();
}

struct value value_digest(const void *bytes32)
{
	return value_bytes((struct text){ bytes32, 32 });
}

struct value value_id(struct id v)
{
	return id_is_none(v) ? value_null() : (struct value){ .kind = VALUE_ID, .as.id = v };
}

struct value value_day(int32_t day)
{
	return day == DAY_NONE ? value_null()
			       : (struct value){ .kind = VALUE_DAY, .as.number = day };
}

struct value value_self(struct value v)
{
	return v;
}

struct value *values_of_ids(struct arena *arena, const void *rows, size_t count, size_t size,
			    size_t offset)
{
	struct value *values = arena_take(arena, count * sizeof(*values));

	for (size_t i = 0; values && i < count; i++) {
		struct id id;

		memcpy(&id, (const char *)rows + i * size + offset, sizeof(id));
		values[i] = value_id(id);
	}
	return values;
}
