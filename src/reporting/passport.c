/*
 * Passports: a definition and a position as text, and the server's MAC over it. Nothing is stored;
 * whoever holds the text can ask for the number again, if the scope it was made in is open to them.
 */
#include "reporting_private.h"

#include <string.h>

enum { FIELD_BAR = '|' };

struct text scope_text(const struct scope *scope, struct arena *arena)
{
	char root[37];

	switch (scope->kind) {
	case SCOPE_PLATFORM:
		return TEXT("platform");
	case SCOPE_COUNTY:
		return arena_print(arena, "county:%s", scope->county);
	case SCOPE_HIERARCHY:
		return arena_print(arena, "hierarchy:%s:%.*s",
				   word_of(hierarchy_words, scope->hierarchy),
				   TEXT_FMT(id_format(scope->root, root)));
	default:
		return TEXT("none");
	}
}

static bool scope_parse(struct text t, struct scope *out)
{
	struct text rest = t;
	struct text kind = text_cut(&rest, ':');

	*out = (struct scope){ 0 };
	if (text_is(kind, "platform")) {
		out->kind = SCOPE_PLATFORM;
		return true;
	}
	if (text_is(kind, "county") && rest.size == sizeof(out->county) - 1) {
		out->kind = SCOPE_COUNTY;
		memcpy(out->county, rest.at, rest.size);
		return true;
	}
	if (!text_is(kind, "hierarchy"))
		return false;
	out->kind = SCOPE_HIERARCHY;
	out->hierarchy = word_find(hierarchy_words, text_cut(&rest, ':'));
	return out->hierarchy >= 0 && id_parse(rest, &out->root);
}

static struct text definition_text(const struct definition *definition, struct arena *arena)
{
	char from[11], to[11];

	return arena_print(
		arena, "1|%s|%s|%.*s|%.*s|%.*s|%s|%.*s|%lld",
		word_of(report_measure_words, definition->measure),
		word_of(by_words, definition->by), TEXT_FMT(definition->key),
		TEXT_FMT(day_format(definition->from, from)),
		TEXT_FMT(day_format(definition->to, to)),
		definition->channel == SMALL_NONE ? "all"
						  : word_of(channel_words, definition->channel),
		TEXT_FMT(scope_text(&definition->scope, arena)), (long long)definition->position);
}

static bool definition_parse(struct text t, struct definition *out)
{
	struct text rest = t;
	struct text channel;

	*out = (struct definition){ 0 };
	if (!text_is(text_cut(&rest, FIELD_BAR), "1"))
		return false;
	out->measure = word_find(report_measure_words, text_cut(&rest, FIELD_BAR));
	out->by = word_find(by_words, text_cut(&rest, FIELD_BAR));
	out->key = text_cut(&rest, FIELD_BAR);
	if (!out->key.size)
		out->key = NO_TEXT;
	if (out->measure < 0 || out->by < 0 || !day_parse(text_cut(&rest, FIELD_BAR), &out->from) ||
	    !day_parse(text_cut(&rest, FIELD_BAR), &out->to))
		return false;
	channel = text_cut(&rest, FIELD_BAR);
	out->channel = text_is(channel, "all") ? SMALL_NONE : word_find(channel_words, channel);
	return out->channel != -1 && scope_parse(text_cut(&rest, FIELD_BAR), &out->scope) &&
	       text_to_int(rest, &out->position);
}

struct text passport_make(const struct keys *keys, const struct definition *definition,
			  struct arena *arena)
{
	struct text text = definition_text(definition, arena);
	struct digest seal = mac(keys, MAC_PASSPORT, text);
	char hex[2 * DIGEST_SIZE + 1];

	return arena_print(arena, "%.*s.%.*s", TEXT_FMT(base64url_encode(arena, text)),
			   TEXT_FMT(hex_format(seal.bytes, DIGEST_SIZE, hex)));
}

enum err passport_open(const struct keys *keys, struct text passport, struct arena *arena,
		       struct definition *out)
{
	struct text rest = passport, text;
	struct text encoded = text_cut(&rest, '.');
	struct digest seal = { { 0 } };
	char hex[2 * DIGEST_SIZE + 1];

	if (!base64url_decode(arena, encoded, &text) || !hex_parse(rest, seal.bytes, DIGEST_SIZE))
		return ERR_PASSPORT;
	if (!digest_equal(seal, mac(keys, MAC_PASSPORT, text)))
		return ERR_PASSPORT;
	/* The seal has one spelling, so that a number has one name. */
	if (!text_equal(rest, hex_format(seal.bytes, DIGEST_SIZE, hex)))
		return ERR_PASSPORT;
	return definition_parse(text, out) ? OK : ERR_PASSPORT;
}

bool scope_covers(const struct scope *scope, const struct definition *definition)
{
	const struct scope *of = &definition->scope;

	if (scope->kind == SCOPE_PLATFORM)
		return true;
	if (scope->kind != of->kind)
		return false;
	if (scope->kind == SCOPE_COUNTY)
		return strcmp(scope->county, of->county) == 0;
	return scope->kind == SCOPE_HIERARCHY && scope->hierarchy == of->hierarchy &&
	       id_equal(scope->root, of->root);
}
