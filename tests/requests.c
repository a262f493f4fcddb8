/*
 * tests/requests.c - the table of requests; see requests.h.
 */
#include "requests.h"

const struct request requests[] = {
#include "requests.inc"
};
const unsigned request_count = sizeof(requests) / sizeof(requests[0]);
