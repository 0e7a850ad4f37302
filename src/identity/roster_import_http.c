/* Rosters over HTTP: what imports of every kind do, on paths of their own. */
#include "roster_import.h"

static enum err post_roster(struct req *rq)
{
	return import_post(rq, &roster_import);
}

static enum err get_rosters(struct req *rq)
{
	return import_list_get(rq, &roster_import);
}

static enum err get_roster(struct req *rq)
{
	return import_get(rq, &roster_import);
}

static enum err get_roster_rejected(struct req *rq)
{
	return import_rejected_get(rq, &roster_import);
}

static enum err get_roster_notes(struct req *rq)
{
	return import_notes_get(rq, &roster_import);
}

const struct route roster_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/units/imports",
	  .handle = post_roster,
	  .roles = MAY_IMPORT_ROSTERS,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 202 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/units/imports",
	  .handle = get_rosters,
	  .roles = MAY_IMPORT_ROSTERS,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/units/imports/{id}",
	  .handle = get_roster,
	  .roles = MAY_IMPORT_ROSTERS,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/units/imports/{id}/rejected-rows",
	  .handle = get_roster_rejected,
	  .roles = MAY_IMPORT_ROSTERS,
	  .rate = RATE_REPORT,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/units/imports/{id}/normalisations",
	  .handle = get_roster_notes,
	  .roles = MAY_IMPORT_ROSTERS,
	  .runs = ON_WORKER },
};
const size_t roster_route_count = COUNT_OF(roster_routes);
