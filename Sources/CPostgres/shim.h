#ifndef SLUICE_CPOSTGRES_SHIM_H
#define SLUICE_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

// libpq prints what the server remarks on the standard error unless it is told where else to: nowhere.
static inline void sluice_pq_ignore(void *context, const char *message) {
    (void)context;
    (void)message;
}

static inline void sluice_pq_ignore_notices(PGconn *connection) {
    PQsetNoticeProcessor(connection, sluice_pq_ignore, 0);
}

#endif
