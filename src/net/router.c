/*
 * Paths to patterns: a tree of segments, compiled once. Literal children are sorted and found by
 * bisection and win over parameters; those are tried from the narrowest type to the widest. Where a
 * way ends in nothing, the next is tried, so the depth of a path bounds the work. Routing reads the
 * raw path; only parameters are decoded, once.
 */
#include "grammar.h"
#include "xiangcai/net.h"

#include <stdlib.h>
#include <string.h>

/* From the narrowest to the widest: the order in which they are tried. */
enum segment_type { SEGMENT_UUID, SEGMENT_DIGITS, SEGMENT_WORD, SEGMENT_TEXT, SEGMENT_TYPE_COUNT };

static const char *const segment_types[] = { [SEGMENT_UUID] = "uuid",
					     [SEGMENT_DIGITS] = "digits",
					     [SEGMENT_WORD] = "word",
					     [SEGMENT_TEXT] = "text" };
_Static_assert(COUNT_OF(segment_types) == SEGMENT_TYPE_COUNT, "every type has its word");

enum { NONE = -1, CHILDREN_MAX = 128, SEGMENTS_MAX = 16 };

/* What a path leads to. Children are indexes of nodes. */
struct node {
	int pattern[METHOD_COUNT]; /* NONE where the method is not taken */
	int param[SEGMENT_TYPE_COUNT];
	int literal[CHILDREN_MAX]; /* sorted by @segment */
	int literal_count;
	struct text segment; /* the literal that leads here */
	bool ends;           /* at least one pattern ends here */
};

struct param_names {
	struct text names[PATH_PARAMS_MAX];
	size_t count;
};

struct router {
	struct node *nodes; /* the first is the root */
	int node_count;
	struct param_names *names; /* by index of the pattern */
	unsigned methods;          /* bits by enum method of all patterns, for OPTIONS * */
};

static unsigned method_bits(enum method method)
{
	return method == HTTP_GET ? 1u << HTTP_GET | 1u << HTTP_HEAD : 1u << method;
}

/* ---- compiling ---- */

static int node_add(struct router *router, struct text segment)
{
	struct node *node = &router->nodes[router->node_count];

	for (size_t i = 0; i < METHOD_COUNT; i++)
		node->pattern[i] = NONE;
	for (size_t i = 0; i < SEGMENT_TYPE_COUNT; i++)
		node->param[i] = NONE;
	node->segment = segment;
	return router->node_count++;
}

/* Where @segment stands or would stand among the literal children of @node. */
static int literal_place(const struct router *router, const struct node *node, struct text segment)
{
	int low = 0, high = node->literal_count;

	while (low < high) {
		int middle = (low + high) / 2;

		if (text_compare(router->nodes[node->literal[middle]].segment, segment) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int literal_find(const struct router *router, const struct node *node, struct text segment)
{
	int place = literal_place(router, node, segment);

	if (place == node->literal_count)
		return NONE;
	return text_equal(router->nodes[node->literal[place]].segment, segment)
		       ? node->literal[place]
		       : NONE;
}

static int literal_add(struct router *router, int at, struct text segment)
{
	struct node *node = &router->nodes[at];
	int found = literal_find(router, node, segment);
	int place = literal_place(router, node, segment);

	if (found != NONE)
		return found;
	assert(node->literal_count < CHILDREN_MAX);
	memmove(&node->literal[place + 1], &node->literal[place],
		(size_t)(node->literal_count - place) * sizeof(node->literal[0]));
	node->literal_count++;
	return node->literal[place] = node_add(router, segment);
}

/* "{name:type}" or "{name}"; a parameter without a type is a UUID. */
static int param_add(struct router *router, int at, struct text segment, struct param_names *names)
{
	struct text inside = text_part(segment, 1, segment.size - 2);
	struct text name = text_cut(&inside, ':');
	size_t type = SEGMENT_UUID;

	assert(segment.at[segment.size - 1] == '}' && name.size && names->count < PATH_PARAMS_MAX);
	while (inside.at && type < SEGMENT_TYPE_COUNT && !text_is(inside, segment_types[type]))
		type++;
	assert(type < SEGMENT_TYPE_COUNT);
	names->names[names->count++] = name;
	if (router->nodes[at].param[type] == NONE)
		router->nodes[at].param[type] = node_add(router, NO_TEXT);
	return router->nodes[at].param[type];
}

static void pattern_add(struct router *router, const struct pattern *pattern, int index)
{
	struct text rest = text_of(pattern->path);
	struct node *end;
	int at = 0;

	assert(rest.size && rest.at[0] == '/');
	rest = text_part(rest, 1, rest.size);
	while (rest.at) {
		struct text segment = text_cut(&rest, '/');

		if (segment.size && segment.at[0] == '{')
			at = param_add(router, at, segment, &router->names[index]);
		else
			at = literal_add(router, at, segment);
	}
	end = &router->nodes[at];
	assert(end->pattern[pattern->method] == NONE);
	end->pattern[pattern->method] = index;
	end->ends = true;
	router->methods |= method_bits(pattern->method);
}

static size_t segments_of(const char *path)
{
	size_t count = 0;

	for (; *path; path++)
		count += *path == '/';
	return count;
}

struct router *router_new(const struct pattern *patterns, size_t count)
{
	struct router *router = memory_take(sizeof(*router));
	size_t segments = 1;

	if (!router)
		return NULL;
	for (size_t i = 0; i < count; i++)
		segments += segments_of(patterns[i].path);
	router->nodes = memory_take(segments * sizeof(*router->nodes));
	router->names = memory_take((count + 1) * sizeof(*router->names));
	if (!router->nodes || !router->names) {
		router_free(router);
		return NULL;
	}
	node_add(router, NO_TEXT);
	for (size_t i = 0; i < count; i++)
		pattern_add(router, &patterns[i], (int)i);
	return router;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	memory_free(router->nodes);
	memory_free(router->names);
	memory_free(router);
}

/* ---- matching ---- */

struct way {
	struct text segments[SEGMENTS_MAX];
	size_t count;
	struct text values[PATH_PARAMS_MAX]; /* of the parameters on the way so far */
	size_t value_count;
	struct arena *arena;
};

static bool text_is_digits(struct text t)
{
	size_t i = 0;

	while (i < t.size && t.at[i] >= '0' && t.at[i] <= '9')
		i++;
	return t.size && i == t.size;
}

static bool is_of_type(enum segment_type type, struct text value)
{
	struct id id;

	switch (type) {
	case SEGMENT_UUID:
		return id_parse(value, &id);
	case SEGMENT_DIGITS:
		return text_is_digits(value);
	case SEGMENT_WORD:
		return text_is_all(value, CHAR_WORD);
	default:
		return value.size != 0;
	}
}

static const struct node *find(const struct router *router, const struct node *node,
			       struct way *way, size_t at);

static const struct node *find_param(const struct router *router, const struct node *node,
				     struct way *way, size_t at)
{
	size_t slot = way->value_count;
	struct text value = NO_TEXT;

	for (size_t type = 0; type < SEGMENT_TYPE_COUNT; type++) {
		const struct node *found;

		if (node->param[type] == NONE)
			continue;
		if (!value.at)
			value = percent_decode(way->segments[at], false, way->arena);
		if (!value.at || !is_of_type((enum segment_type)type, value))
			continue;
		way->values[slot] = value;
		way->value_count = slot + 1;
		found = find(router, &router->nodes[node->param[type]], way, at + 1);
		if (found)
			return found;
		way->value_count = slot;
	}
	return NULL;
}

/* The node at which the segments from @at on end, with @way's values set. */
static const struct node *find(const struct router *router, const struct node *node,
			       struct way *way, size_t at)
{
	const struct node *found = NULL;
	int literal;

	if (at == way->count)
		return node->ends ? node : NULL;
	literal = literal_find(router, node, way->segments[at]);
	if (literal != NONE)
		found = find(router, &router->nodes[literal], way, at + 1);
	return found ? found : find_param(router, node, way, at);
}

/* "." and "..", in any spelling: a dot may also stand as %2e. */
static bool is_dot_segment(struct text segment)
{
	size_t dots = 0;

	for (size_t at = 0; at < segment.size; dots++) {
		if (segment.at[at] == '.')
			at += 1;
		else if (text_equal_fold(text_part(segment, at, 3), TEXT("%2e")))
			at += 3;
		else
			return false;
	}
	return dots == 1 || dots == 2;
}

/* Decodes to UTF-8 without controls and without a slash of its own. */
static bool segment_is_sound(struct text segment, struct arena *arena)
{
	struct text decoded;

	if (is_dot_segment(segment))
		return false;
	if (!segment.size || !memchr(segment.at, '%', segment.size))
		return true;
	decoded = percent_decode(segment, false, arena);
	return decoded.at && !memchr(decoded.at, '/', decoded.size) &&
	       !memchr(decoded.at, '\t', decoded.size) && text_is_value(decoded);
}

/* False: malformed. More segments than any pattern has are sound, but lead nowhere: @way->count is
 * then 0. */
static bool path_split(struct text path, struct way *way)
{
	bool deep = false;

	for (struct text rest = text_part(path, 1, path.size); rest.at;) {
		struct text segment = text_cut(&rest, '/');

		if (!segment_is_sound(segment, way->arena))
			return false;
		deep |= way->count == SEGMENTS_MAX;
		if (!deep)
			way->segments[way->count++] = segment;
	}
	if (deep)
		way->count = 0;
	return true;
}

static unsigned allowed(const struct node *node)
{
	unsigned allow = 1u << HTTP_OPTIONS;

	for (int method = 0; method < METHOD_COUNT; method++)
		if (node->pattern[method] != NONE)
			allow |= method_bits((enum method)method);
	return allow;
}

static int pattern_of(const struct node *node, enum method method)
{
	if (node->pattern[method] == NONE && method == HTTP_HEAD)
		method = HTTP_GET;
	return node->pattern[method] == NONE ? -2 : node->pattern[method];
}

struct match router_match(const struct router *router, enum method method, struct text path,
			  struct arena *arena)
{
	struct match match = { .index = -1 };
	struct way way = { .arena = arena };
	const struct node *node;

	if (text_is(path, "*")) {
		match.index = -2;
		match.allow = router->methods | 1u << HTTP_OPTIONS;
		return match;
	}
	match.bad = !path.size || path.at[0] != '/' || !path_split(path, &way);
	node = match.bad || !way.count ? NULL : find(router, &router->nodes[0], &way, 0);
	if (!node)
		return match;
	match.allow = allowed(node);
	match.index = pattern_of(node, method);
	if (match.index < 0)
		return match;
	match.param_count = way.value_count;
	for (size_t i = 0; i < way.value_count; i++)
		match.params[i] =
			(struct pair){ router->names[match.index].names[i], way.values[i] };
	return match;
}
