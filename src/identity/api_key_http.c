/*
 * API keys over HTTP: a person proves again who he is and makes one for a program, is told it once,
 * sees where it was last used, and takes it back; as does an administrator with those that act for
 * his organisation. A key carries at most the roles that its maker holds, now and whenever it is
 * used.
 */
#include "member_rows.h"

#include <string.h>

enum { NAME_MAX_CHARACTERS = 60, PREFIX_BYTES = 5, CODE_MAX = 40 };

struct key_asked {
	struct text name;
	uint32_t roles;
	int32_t expires_on;
	struct text password, code;
};

static const struct field asked_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(key_asked, name), .only = IN, .min = 1,
	  .max = NAME_MAX_CHARACTERS },
	{ "roles", KIND_WORDS, FIELD_AT(key_asked, roles), .only = IN, .words = role_words },
	{ "expires_on", KIND_DAY, FIELD_AT(key_asked, expires_on), .only = IN },
	{ "password", KIND_TEXT, FIELD_AT(key_asked, password), .only = IN, .min = 1,
	  .max = PASSWORD_MAX, .secret = true },
	{ "code", KIND_TEXT, FIELD_AT(key_asked, code), .only = IN, .optional = true, .min = 1,
	  .max = CODE_MAX, .secret = true },
};

static enum err asked_check(struct req *rq, const struct key_asked *asked)
{
	uint32_t alien = asked->roles & ~rq->actor.roles;
	int32_t today = day_of(rq->now), last = today + API_KEY_DAYS_MAX;
	enum err e = OK;

	if (!asked->roles)
		e = fail(&rq->problems, ERR_REQUIRED, AT("/roles"));
	for (int i = 0; role_words[i]; i++)
		if (alien & (1u << i))
			e = fail(&rq->problems, ERR_ROLE_NOT_HELD, AT("/roles"),
				 ARG_TEXT(text_of(role_words[i])));
	if (asked->expires_on < today || asked->expires_on > last) {
		char from[11], to[11];

		e = fail(&rq->problems, ERR_KEY_DAYS, AT("/expires_on"),
			 ARG_TEXT(day_format(today, from)), ARG_TEXT(day_format(last, to)));
	}
	return e ? ERR_REFUSED : OK;
}

/* The sign of keys, a part that may be shown, and 256 random bits. */
static enum err key_make(struct req *rq, struct api_key *key)
{
	char token[TOKEN_TEXT_SIZE + 1];
	uint8_t bytes[PREFIX_BYTES];

	token_make(token);
	random_bytes(bytes, sizeof(bytes));
	key->prefix = base32_encode(rq->arena, (struct text){ (const char *)bytes, sizeof(bytes) });
	if (!key->prefix.at)
		return ERR_MEMORY;
	assert(key->prefix.size == API_KEY_PREFIX_SIZE);
	key->key = arena_print(rq->arena, API_KEY_SIGN "%.*s_%s", TEXT_FMT(key->prefix), token);
	if (!key->key.at)
		return ERR_MEMORY;
	assert(key->key.size == API_KEY_TEXT_SIZE);
	key->digest = token_digest(key->key);
	return OK;
}

struct keys_answer {
	struct list items;
	struct text next; /* always null: there are few */
};

static enum err keys_reply(struct req *rq, struct list items)
{
	const struct field fields[] = {
		{ "items", KIND_LIST, FIELD_AT(keys_answer, items), .of = api_key_fields,
		  .of_count = api_key_field_count, .of_size = sizeof(struct api_key) },
		{ "next", KIND_TEXT, FIELD_AT(keys_answer, next), .optional = true },
	};
	struct keys_answer answer = { .items = items };

	return reply_fields(rq, fields, COUNT_OF(fields), &answer);
}

enum err get_api_keys(struct req *rq)
{
	struct list keys = { 0 };
	enum err e = api_keys_list(rq->db, rq->arena, rq->actor.user, &keys);

	return e ? e : keys_reply(rq, keys);
}

enum err post_api_key(struct req *rq)
{
	struct key_asked asked = { 0 };
	struct asker asker = { 0 };
	struct key_addition addition = { 0 };

	enum err e = json_read(rq, asked_fields, COUNT_OF(asked_fields), &asked);
	if (!e)
		e = asked_check(rq, &asked);
	if (!e)
		e = asker_prove(rq, asked.password, asked.code, &asker, &addition.factor);
	if (e)
		return e;
	addition.key = (struct api_key){ .id = id_new(rq->now),
					 .name = asked.name,
					 .organisation = rq->actor.organisation,
					 .roles = asked.roles,
					 .created_at = rq->now,
					 .expires_at = day_start(asked.expires_on + 1),
					 .last_used_at = INT_NONE,
					 .user = rq->actor.user };
	e = key_make(rq, &addition.key);
	if (!e)
		e = asker_event(rq, api_key_add, &addition, &asker);
	return e ? e : reply_fields(rq, api_key_fields, api_key_field_count, &addition.key);
}

enum err delete_api_key(struct req *rq)
{
	struct id key = req_path_id(rq, "id");

	return run_event(rq, api_key_remove, &key, NULL, 0);
}

/* ---- of members ---- */

enum err get_member_keys(struct req *rq)
{
	struct id user = req_path_id(rq, "id");
	struct member member;
	struct list keys = { 0 };

	enum err e = member_read(rq->db, rq->arena, rq->actor.organisation, user, &member);
	if (!e)
		e = member_keys_list(rq->db, rq->arena, user, rq->actor.organisation, &keys);
	return e ? e : keys_reply(rq, keys);
}

enum err delete_member_key(struct req *rq)
{
	struct key_of_member of = { .user = req_path_id(rq, "id"), .key = req_path_id(rq, "key") };

	return run_event(rq, member_key_revoke, &of, NULL, 0);
}
