// A relay that does nothing but what no worker can leave out, and what drives and times relays and workers.
//
//     BareAMQP relay FROM TO PREFETCH
//     BareAMQP drive TO FROM COUNT RATE BODY_BYTES     RATE 0: as fast as the broker takes them
//
// Both take the broker's URL from AMQP_URL.
#include "bare.h"
#include <stdlib.h>

int main(int count, char **arguments) {
    if (count == 5 && strcmp(arguments[1], "relay") == 0) {
        relay(arguments[2], arguments[3], (uint16_t)atoi(arguments[4]));
    } else if (count == 7 && strcmp(arguments[1], "drive") == 0) {
        drive(arguments[2], arguments[3], strtoull(arguments[4], NULL, 10), strtoull(arguments[5], NULL, 10),
              strtoull(arguments[6], NULL, 10));
        return 0;
    }
    bare_fail("use: relay FROM TO PREFETCH, or: drive TO FROM COUNT RATE BODY_BYTES");
}
