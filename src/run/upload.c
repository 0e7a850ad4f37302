/*
 * How much may be uploaded in a day: a sum for each address that strangers come from, and one for
 * each organisation. The sum is counted up inside the transaction of the upload, before its bytes
 * are written, so that a refusal leaves nothing behind and of two at once neither slips by; what is
 * deleted again still counts, because writing it was the cost. An IPv6 address counts by its
 * network of 64 bits, which is what one client is given.
 */
#include "background.h"

#include <arpa/inet.h>
#include <string.h>

enum { IPV6_SIZE = 16, NETWORK_SIZE = 8, UPLOADS_KEPT_DAYS = 7 };

static struct text network_text(struct arena *arena, struct text address)
{
	char text[INET6_ADDRSTRLEN], hex[2 * NETWORK_SIZE + 1];
	uint8_t bytes[IPV6_SIZE];

	if (address.size >= sizeof(text))
		return arena_print(arena, "address:other");
	memcpy(text, address.at, address.size);
	text[address.size] = '\0';
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return arena_print(arena, "address:%s", text);
	return arena_print(arena, "address:%.*s", TEXT_FMT(hex_format(bytes, NETWORK_SIZE, hex)));
}

static enum err upload_count(struct tx *tx, struct text who, int64_t bytes, int64_t max_mib)
{
	int64_t sum = 0;

	if (!max_mib)
		return OK;
	enum err e = who.at ? upload_sum(tx, who, bytes, &sum) : ERR_MEMORY;
	if (e)
		return e;
	return sum <= max_mib * (int64_t)MIB(1)
		       ? OK
		       : fail(tx->problems, ERR_UPLOADS_OF_DAY, AT(""), ARG_INT(max_mib));
}

enum err upload_of_address(struct tx *tx, int64_t bytes)
{
	return upload_count(tx, network_text(tx->arena, tx->address), bytes,
			    tx->app->settings.upload_address_mib);
}

enum err upload_of_organisation(struct tx *tx, int64_t bytes)
{
	char id[37];

	return upload_count(tx,
			    arena_print(tx->arena, "organisation:%s",
					id_format(tx->actor->organisation, id).at),
			    bytes, tx->app->settings.upload_organisation_mib);
}

enum err upload_refused(struct req *rq, enum err e)
{
	int64_t wait_us = day_start(day_of(rq->now) + 1) - rq->now;

	if (e != ERR_UPLOADS_OF_DAY)
		return e;
	e = reply_header(
		rq, "Retry-After",
		arena_print(rq->arena, "%lld", (long long)((wait_us + SECOND_US - 1) / SECOND_US)));
	return e ? e : ERR_UPLOADS_OF_DAY;
}

enum err uploads_turn(struct app *app, struct db *db)
{
	return uploads_forget(db, day_of(clock_now(&app->clock)) - UPLOADS_KEPT_DAYS);
}
