/*
 * The events of accounts: entered, changed, and shown in the clear. A number is sealed at each run
 * of its event, so that it is under the newest key when it is written.
 */
#include "settlement_private.h"

static const char column[] = "number_sealed";

static struct seal_place bank_place(struct id id)
{
	return (struct seal_place){ "bank_account", column, id };
}

static struct seal_place supplier_place(struct id id)
{
	return (struct seal_place){ "supplier_account", column, id };
}

static enum err mask_number(struct arena *arena, struct text number, struct text *masked)
{
	*masked = mask_account(arena, number);
	return masked->at || !number.at ? OK : ERR_MEMORY;
}

/* *masked from @sealed, and *number where it is asked for. */
static enum err show(const struct keys *keys, struct seal_place place, struct text sealed,
		     struct arena *arena, struct text *masked, struct text *number)
{
	struct text plain;
	enum err e = unseal_text(keys, place, sealed, arena, &plain);

	if (e)
		return e;
	if (number)
		*number = plain;
	return mask_number(arena, plain, masked);
}

enum err bank_account_show(const struct keys *keys, struct arena *arena,
			   struct bank_account *account, struct text *number)
{
	return show(keys, bank_place(account->id), account->number_sealed, arena,
		    &account->number_masked, number);
}

enum err supplier_account_show(const struct keys *keys, struct arena *arena,
			       struct supplier_account *account, struct text *number)
{
	return show(keys, supplier_place(account->id), account->number_sealed, arena,
		    &account->number_masked, number);
}

/* ---- supervised accounts ---- */

struct digest bank_account_index(const struct app *app, struct text number)
{
	return seal_index(app->keys, "bank_account", "number", number);
}

static enum err bank_account_seal(const struct app *app, struct arena *arena,
				  struct bank_account *account)
{
	struct digest index = bank_account_index(app, account->number);

	account->number_index =
		arena_text(arena, (struct text){ (const char *)index.bytes, sizeof(index.bytes) });
	if (!account->number_index.at)
		return ERR_MEMORY;
	enum err e = seal_text(app->keys, bank_place(account->id), account->number, arena,
			       &account->number_sealed);
	return e ? e : mask_number(arena, account->number, &account->number_masked);
}

enum err bank_account_insert(struct tx *tx, void *arg)
{
	struct bank_account *account = arg;

	account->created_at = tx->now;
	enum err e = bank_account_seal(tx->app, tx->arena, account);
	if (e)
		return e;
	e = bank_account_write(tx->db, account);
	if (e == ERR_DB_DUPLICATE)
		return fail(tx->problems, ERR_DB_DUPLICATE, AT("/number"));
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "bank_account.created",
						     .object = account->id,
						     .fields = bank_account_fields,
						     .field_count = bank_account_field_count,
						     .after = account });
}

/* What an earlier release answered when the account was entered, as it would be answered now. */
static enum err replies_convert(struct db *db, struct arena *arena,
				const struct bank_account *account)
{
	struct text from = arena_print(arena, "\"number\":\"%.*s\"", TEXT_FMT(account->number));
	struct text to =
		arena_print(arena, "\"number_masked\":\"%.*s\"", TEXT_FMT(account->number_masked));

	return from.at && to.at ? replies_scrub(db, from, to) : ERR_MEMORY;
}

/* The number goes last: a run that was cut short finds it again. */
enum err settlement_convert(struct app *app, struct db *db, struct arena *arena)
{
	struct list found = { 0 };
	enum err e;

	do {
		found.count = 0;
		e = bank_accounts_unsealed(db, arena, &found);
		for (size_t i = 0; i < found.count && !e; i++) {
			struct bank_account *account = LIST_ITEM(found, struct bank_account, i);

			e = bank_account_seal(app, arena, account);
			if (!e)
				e = replies_convert(db, arena, account);
			if (!e)
				e = bank_account_convert(db, account);
		}
	} while (!e && found.count);
	return e;
}

/* ---- accounts of suppliers ---- */

static enum err supplier_account_seal(struct tx *tx, struct supplier_account *account)
{
	enum err e = seal_text(tx->app->keys, supplier_place(account->id), account->number,
			       tx->arena, &account->number_sealed);

	return e ? e : mask_number(tx->arena, account->number, &account->number_masked);
}

static struct audit_note supplier_account_note(const char *kind,
					       const struct supplier_account *before,
					       const struct supplier_account *after)
{
	return (struct audit_note){ .kind = kind,
				    .object = after->id,
				    .fields = supplier_account_fields,
				    .field_count = supplier_account_field_count,
				    .before = before,
				    .after = after };
}

enum err supplier_account_insert(struct tx *tx, void *arg)
{
	struct supplier_account *account = arg;

	account->supplier = tx->actor->organisation;
	account->version = 1;
	account->created_at = account->changed_at = tx->now;
	enum err e = supplier_account_seal(tx, account);
	if (e)
		return e;
	e = supplier_account_write(tx->db, account);
	if (e == ERR_DB_DUPLICATE)
		return fail(tx->problems, ERR_DB_DUPLICATE, AT(""));
	if (e)
		return e;
	struct audit_note note = supplier_account_note("supplier_account.created", NULL, account);
	return audit_event(tx, &note);
}

enum err supplier_account_change(struct tx *tx, void *arg)
{
	struct supplier_account *change = arg, before, after;

	enum err e = supplier_account_read(tx->db, tx->actor, change->id, tx->arena, &before);
	if (!e && !id_equal(before.supplier, tx->actor->organisation))
		e = ERR_NOT_FOUND; /* seen, perhaps, but somebody else's */
	if (e)
		return e;
	if (change->version != INT_NONE && change->version != before.version)
		return ERR_PRECONDITION;
	e = supplier_account_show(tx->app->keys, tx->arena, &before, &before.number);
	if (e)
		return e;
	after = before;
	after.holder = change->holder.at ? change->holder : before.holder;
	after.bank = change->bank.at ? change->bank : before.bank;
	after.number = change->number.at ? change->number : before.number;
	after.version = before.version + 1;
	after.changed_at = tx->now;
	e = supplier_account_seal(tx, &after);
	if (!e)
		e = supplier_account_update(tx->db, &after);
	if (e)
		return e;
	struct audit_note note = supplier_account_note("supplier_account.changed", &before, &after);
	e = audit_event(tx, &note);
	if (!e)
		*change = after;
	return e;
}

/* ---- in the clear ---- */

static const struct field disclosure_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(account_disclosure, reason) },
};

static enum err disclosed(struct tx *tx, const char *kind, struct account_disclosure *disclosure)
{
	disclosure->disclosed_at = tx->now;
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = disclosure->account,
						     .fields = disclosure_fields,
						     .field_count = COUNT_OF(disclosure_fields),
						     .after = disclosure });
}

enum err bank_account_disclose(struct tx *tx, void *arg)
{
	struct account_disclosure *disclosure = arg;
	struct bank_account account;

	enum err e = bank_account_read(tx->db, disclosure->account, tx->arena, &account);
	if (!e)
		e = bank_account_show(tx->app->keys, tx->arena, &account, &disclosure->number);
	return e ? e : disclosed(tx, "bank_account.disclosed", disclosure);
}

enum err supplier_account_disclose(struct tx *tx, void *arg)
{
	struct account_disclosure *disclosure = arg;
	struct supplier_account account;

	enum err e =
		supplier_account_read(tx->db, tx->actor, disclosure->account, tx->arena, &account);
	if (!e)
		e = supplier_account_show(tx->app->keys, tx->arena, &account, &disclosure->number);
	return e ? e : disclosed(tx, "supplier_account.disclosed", disclosure);
}
