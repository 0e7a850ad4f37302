/*
 * Regions over HTTP: the counties of the province, each with its dated designations. Small and the
 * same for everybody, so it is given whole, and may be kept by whoever asked.
 */
#include "region_http.h"

#include "identity_rows.h"

struct region_query {
	int32_t on;
};
static const struct field region_query_fields[] = {
	{ "on", KIND_DAY, FIELD_AT(region_query, on), .only = IN, .optional = true },
};

static const struct field region_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(region, code) },
	{ "name", KIND_TEXT, FIELD_AT(region, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(region, name_en) },
	{ "city_code", KIND_TEXT, FIELD_AT(region, city_code) },
	{ "city_name", KIND_TEXT, FIELD_AT(region, city_name) },
	{ "longitude", KIND_RAW, FIELD_AT(region, longitude) },
	{ "latitude", KIND_RAW, FIELD_AT(region, latitude) },
	{ "former_codes", KIND_TEXT, FIELD_AT(region, former_codes) },
	{ "designations", KIND_LIST, FIELD_AT(region, designations), .of = designation_fields,
	  .of_count = DESIGNATION_FIELD_COUNT, .of_size = sizeof(struct designation) },
};

/* Both lists come by the county's code: one walk over both. */
static enum err designations_join(struct arena *arena, struct list *regions,
				  const struct list *designations)
{
	size_t next = 0;

	for (size_t i = 0; i < regions->count; i++) {
		struct region *region = LIST_ITEM(*regions, struct region, i);

		for (; next < designations->count; next++) {
			const struct designation *from =
				LIST_ITEM(*designations, struct designation, next);
			if (!text_equal(from->county, region->code))
				break;
			struct designation *to =
				list_add(&region->designations, arena, sizeof(*to));
			if (!to)
				return ERR_MEMORY;
			*to = *from;
		}
	}
	return OK;
}

enum err get_regions(struct req *rq)
{
	struct region_query query = { .on = DAY_NONE };
	struct list regions = { 0 }, designations = { 0 };
	struct buffer body = { .max = MIB(1) };
	struct json json = { .out = &body };

	enum err e = query_read(rq, region_query_fields, COUNT_OF(region_query_fields), &query);
	if (!e)
		e = region_list(rq->db, rq->arena, &regions);
	if (!e)
		e = designation_list(rq->db, query.on, rq->arena, &designations);
	if (!e)
		e = designations_join(rq->arena, &regions, &designations);
	if (!e)
		e = reply_header(rq, "Cache-Control", TEXT("public, max-age=300"));
	if (e)
		return e;

	json_open(&json, NULL, '{');
	json_list(&json, "items", region_fields, COUNT_OF(region_fields), sizeof(struct region),
		  &regions);
	json_text(&json, "next", NO_TEXT);
	json_close(&json, '}');
	return reply_body(rq, "application/json", &body);
}

/* ---- designations by a reviewer of the platform ---- */

static const struct field new_designation_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(designation, kind), .words = designation_words },
	{ "since", KIND_DAY, FIELD_AT(designation, since) },
};
static const struct field designation_end_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(designation, kind), .words = designation_words },
	{ "until", KIND_DAY, FIELD_AT(designation, until) },
};

static enum err designation_post(struct req *rq, const struct field *fields, event_fn *event)
{
	struct designation designation = { .since = DAY_NONE, .until = DAY_NONE };
	enum err e = json_read(rq, fields, COUNT_OF(new_designation_fields), &designation);

	if (e)
		return e;
	designation.county = req_path_text(rq, "code");
	e = run_event(rq, event, &designation, designation_fields, DESIGNATION_FIELD_COUNT);
	if (!e)
		view_kick(rq->app);
	return e;
}

enum err post_designation(struct req *rq)
{
	return designation_post(rq, new_designation_fields, county_designate);
}

enum err post_designation_end(struct req *rq)
{
	return designation_post(rq, designation_end_fields, county_designation_end);
}
