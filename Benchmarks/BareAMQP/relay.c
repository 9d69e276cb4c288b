#include "bare.h"

// Moves messages from one queue to another, and nothing else: each is acknowledged when its copy is confirmed.
//
// Deliveries and publishes of a channel are both counted from 1, and each delivery is published at once, so a
// delivery and its publish have the same number.
void relay(const char *from, const char *to, uint16_t prefetch) {
    bare_connection connection;
    bare_connect(&connection);
    bare_confirm(&connection);
    bare_consume(&connection, from, prefetch);
    uint64_t published = 0, acknowledged = 0;
    for (;;) {
        bare_wait(&connection, -1);
        for (bare_event event; (event = bare_next(&connection)) != BARE_NOTHING;) {
            if (event != BARE_MESSAGE) continue;
            if (connection.message.tag != ++published) bare_fail("a delivery out of order");
            bare_publish(&connection, to, connection.message.properties, connection.message.body);
            bare_done(&connection);
        }
        if (connection.safe == acknowledged) continue;
        acknowledged = connection.safe;
        bare_acknowledge(&connection, acknowledged);
    }
}
