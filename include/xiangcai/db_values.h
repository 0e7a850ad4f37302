/* The machinery of db_values: VALUE applied to each of up to 24 arguments. */
#ifndef XIANGCAI_DB_VALUES_H
#define XIANGCAI_DB_VALUES_H

#define VALUES_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,    \
		    _18, _19, _20, _21, _22, _23, _24, picked, ...)                                \
	picked
#define VALUES_1(v)       VALUE(v)
#define VALUES_2(v, ...)  VALUE(v), VALUES_1(__VA_ARGS__)
#define VALUES_3(v, ...)  VALUE(v), VALUES_2(__VA_ARGS__)
#define VALUES_4(v, ...)  VALUE(v), VALUES_3(__VA_ARGS__)
#define VALUES_5(v, ...)  VALUE(v), VALUES_4(__VA_ARGS__)
#define VALUES_6(v, ...)  VALUE(v), VALUES_5(__VA_ARGS__)
#define VALUES_7(v, ...)  VALUE(v), VALUES_6(__VA_ARGS__)
#define VALUES_8(v, ...)  VALUE(v), VALUES_7(__VA_ARGS__)
#define VALUES_9(v, ...)  VALUE(v), VALUES_8(__VA_ARGS__)
#define VALUES_10(v, ...) VALUE(v), VALUES_9(__VA_ARGS__)
#define VALUES_11(v, ...) VALUE(v), VALUES_10(__VA_ARGS__)
#define VALUES_12(v, ...) VALUE(v), VALUES_11(__VA_ARGS__)
#define VALUES_13(v, ...) VALUE(v), VALUES_12(__VA_ARGS__)
#define VALUES_14(v, ...) VALUE(v), VALUES_13(__VA_ARGS__)
#define VALUES_15(v, ...) VALUE(v), VALUES_14(__VA_ARGS__)
#define VALUES_16(v, ...) VALUE(v), VALUES_15(__VA_ARGS__)
#define VALUES_17(v, ...) VALUE(v), VALUES_16(__VA_ARGS__)
#define VALUES_18(v, ...) VALUE(v), VALUES_17(__VA_ARGS__)
#define VALUES_19(v, ...) VALUE(v), VALUES_18(__VA_ARGS__)
#define VALUES_20(v, ...) VALUE(v), VALUES_19(__VA_ARGS__)
#define VALUES_21(v, ...) VALUE(v), VALUES_20(__VA_ARGS__)
#define VALUES_22(v, ...) VALUE(v), VALUES_21(__VA_ARGS__)
#define VALUES_23(v, ...) VALUE(v), VALUES_22(__VA_ARGS__)
#define VALUES_24(v, ...) VALUE(v), VALUES_23(__VA_ARGS__)
#define VALUES_EACH(...)                                                                           \
	VALUES_PICK(__VA_ARGS__, VALUES_24, VALUES_23, VALUES_22, VALUES_21, VALUES_20, VALUES_19, \
		    VALUES_18, VALUES_17, VALUES_16, VALUES_15, VALUES_14, VALUES_13, VALUES_12,   \
		    VALUES_11, VALUES_10, VALUES_9, VALUES_8, VALUES_7, VALUES_6, VALUES_5,        \
		    VALUES_4, VALUES_3, VALUES_2, VALUES_1, 0)                                     \
	(__VA_ARGS__)
#define db_values(...)                                                                             \
	((struct values){ (const struct value[]){ VALUES_EACH(__VA_ARGS__) },                      \
			  sizeof((const struct value[]){ VALUES_EACH(__VA_ARGS__) }) /             \
				  sizeof(struct value) })

#endif
