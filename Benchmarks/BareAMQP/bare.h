// What relay and driver share. Everything that goes wrong ends the process with a line on the standard error.
#ifndef BARE_H
#define BARE_H

#include "shim.h"
#include <stdint.h>

// The most publishes that may be unconfirmed at a time.
enum { BARE_WINDOW = 1 << 16 };

// A message as it came; it lives until bare_done.
typedef struct {
    uint64_t tag;
    const amqp_basic_properties_t *properties;
    amqp_bytes_t body;
} bare_message;

// What bare_next gives.
typedef enum { BARE_NOTHING, BARE_MESSAGE, BARE_CONFIRM } bare_event;

typedef struct {
    amqp_connection_state_t state;
    bare_message message;
    // All publishes up to this one are confirmed; those confirmed beyond it are marked.
    uint64_t safe;
    uint8_t *confirmed;
} bare_connection;

_Noreturn void bare_fail(const char *what);

// Connects to the URL in AMQP_URL, with channel 1 open.
void bare_connect(bare_connection *connection);

// Lets the broker confirm publishes.
void bare_confirm(bare_connection *connection);

void bare_consume(bare_connection *connection, const char *queue, uint16_t prefetch);

void bare_publish(bare_connection *connection, const char *queue, const amqp_basic_properties_t *properties,
                  amqp_bytes_t body);

void bare_acknowledge(bare_connection *connection, uint64_t tag);

// Waits until there is something to read, for so many milliseconds at most; -1 waits for ever.
void bare_wait(bare_connection *connection, int milliseconds);

// The next thing that is there already.
bare_event bare_next(bare_connection *connection);

// The message that bare_next gave is not needed any more.
void bare_done(bare_connection *connection);

void relay(const char *from, const char *to, uint16_t prefetch);
void drive(const char *to, const char *from, uint64_t count, uint64_t rate, size_t body_bytes);

#endif
