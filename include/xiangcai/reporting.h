/*
 * reporting: totals and their passports. A total is the roll-up at a position; its passport is
 * definition plus position, authenticated by the server's key and stored nowhere; opening it gives
 * the rows behind it up to that position, the same for ever.
 */
#ifndef XIANGCAI_REPORTING_H
#define XIANGCAI_REPORTING_H

#include "xiangcai/settlement.h"

extern const struct route reporting_routes[];
extern const size_t reporting_route_count;

/* The audit trail for auditors: events, exports, seals; and the job that makes large exports. */
extern const struct route trail_routes[];
extern const size_t trail_route_count;
extern const struct job_kind trail_jobs[];
extern const size_t trail_job_count;

#endif
