/* The handler of regions, for the module's table of routes. */
#ifndef REGION_HTTP_H
#define REGION_HTTP_H

#include "xiangcai/run.h"

enum err get_regions(struct req *rq);
enum err post_designation(struct req *rq);
enum err post_designation_end(struct req *rq);

#endif
