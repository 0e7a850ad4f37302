/*
 * notify: what people are told. An event of a kind in the table of sentences puts a notice into the
 * inbox of every member whom it concerns, in its own transaction; the inbox is read, marked and
 * counted over HTTP, with the sentence in the reader's language.
 */
#ifndef XIANGCAI_NOTIFY_H
#define XIANGCAI_NOTIFY_H

#include "xiangcai/reporting.h"

/* What main adds to the consequences of events: a row for each kind that is told to somebody. */
extern const struct consequence notify_consequences[];
extern const size_t notify_consequence_count;
extern const struct route notify_routes[];
extern const size_t notify_route_count;

#endif
