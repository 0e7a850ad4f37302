/*
 * What the readers of JSON and of pairs share: places, and values of fields from texts and digits.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include "xiangcai/base.h"

/* A place in what is read, as a chain towards the root; only written out when there is a fault. */
struct place {
	const struct place *up; /* NULL at the root, which has no name */
	struct text name;       /* NO_TEXT: @index is meant */
	size_t index;
	bool bare; /* a parameter's name, not a JSON pointer */
};

/* Notes the fault @code at @place; @args are those of the sentence, ended by ARG_END. */
void place_fault(struct problems *problems, const struct place *place, enum err code,
		 const struct arg *args);
#define fault(problems, place, code, ...)                                                          \
	place_fault((problems), (place), (code), (const struct arg[]){ __VA_ARGS__ })
/* How many faults there are, the dropped ones included. */
size_t problem_count(const struct problems *problems);

bool field_takes_part(const struct field *field, unsigned way);
static inline void *field_slot(const struct field *field, void *row)
{
	return (char *)row + field->at;
}
static inline const void *field_value(const struct field *field, const void *row)
{
	return (const char *)row + field->at;
}
/* Sets the member to what stands for absence. */
void field_clear(const struct field *field, void *row);

struct limits {
	int64_t min, max;
};
/* The field's own limits, or those of its kind. */
struct limits field_limits(const struct field *field);

/*
 * The values of a field. Each notes at most one fault and returns OK then too; only ERR_MEMORY is
 * returned. field_take_text serves the kinds that are strings in JSON, field_take_digits the
 * integers.
 */
enum err field_take_text(const struct field *field, struct text value, void *row,
			 const struct place *place, struct problems *problems);
enum err field_take_digits(const struct field *field, struct text digits, void *row,
			   const struct place *place, struct problems *problems);
/* Sets one bit of a KIND_WORDS member. */
enum err field_take_word(const struct field *field, struct text word, void *row,
			 const struct place *place, struct problems *problems);

#endif
