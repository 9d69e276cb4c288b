// For memmem.
#define _GNU_SOURCE
#include "bare.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// More unconfirmed publishes than this make nothing faster.
static const uint64_t unconfirmed_max = 500;

typedef struct {
    bare_connection connection;
    uint64_t count;
    // The number of the first question, above those of all earlier runs.
    uint64_t first;
    // Since when each was on its way, in nanoseconds; 0 once it is there.
    uint64_t *sent;
    uint64_t *took;
} arrivals;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// Which question a body is; workers may have written it anew.
static uint64_t number_in(amqp_bytes_t body) {
    const char *found = memmem(body.bytes, body.len, "\"n\":", 4);
    if (!found) bare_fail("a body without its number");
    return strtoull(found + 4, NULL, 10);
}

static void *receive(void *argument) {
    arrivals *all = argument;
    for (uint64_t arrived = 0; arrived < all->count;) {
        bare_wait(&all->connection, -1);
        uint64_t tag = 0;
        while (arrived < all->count && bare_next(&all->connection) == BARE_MESSAGE) {
            uint64_t number = number_in(all->connection.message.body);
            tag = all->connection.message.tag;
            bare_done(&all->connection);
            // Left over where workers were ended before their last acknowledgement.
            if (number < all->first) continue;
            number -= all->first;
            if (number >= all->count || !all->sent[number]) bare_fail("a question arrived twice, or was never asked");
            all->took[arrived++] = now() - all->sent[number];
            all->sent[number] = 0;
        }
        if (tag) bare_acknowledge(&all->connection, tag);
    }
    return NULL;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void publish(bare_connection *connection, const char *queue, uint64_t number, size_t body_bytes) {
    char body[4096], id[32];
    int head = snprintf(body, sizeof body, "{\"n\":%llu,\"text\":\"", (unsigned long long)number);
    if (body_bytes > sizeof body || body_bytes < (size_t)head + 2) bare_fail("a body of that size cannot be made");
    memset(body + head, 'x', body_bytes - (size_t)head - 2);
    memcpy(body + body_bytes - 2, "\"}", 2);
    snprintf(id, sizeof id, "question-%llu", (unsigned long long)number);
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = amqp_cstring_bytes(id),
    };
    bare_publish(connection, queue, &properties, (amqp_bytes_t){.len = body_bytes, .bytes = body});
}

// Asks so many questions with confirms, so many a second or as fast as the broker takes them, waits until all have
// come out at the other end, and prints: seconds, and the latency's 50th and 99th percentile in milliseconds.
void drive(const char *to, const char *from, uint64_t count, uint64_t rate, size_t body_bytes) {
    arrivals all = {.count = count, .first = now() / 1000000 << 20, .sent = calloc(count, 8), .took = calloc(count, 8)};
    bare_connection connection;
    bare_connect(&connection);
    bare_confirm(&connection);
    bare_connect(&all.connection);
    bare_consume(&all.connection, from, 500);
    pthread_t receiver;
    if (!all.sent || !all.took || pthread_create(&receiver, NULL, receive, &all)) bare_fail("no memory");
    uint64_t start = now();
    for (uint64_t asked = 0; connection.safe < count;) {
        uint64_t moment = now(), due = rate ? start + asked * 1000000000 / rate : 0;
        if (asked == count || asked - connection.safe >= unconfirmed_max) {
            bare_wait(&connection, -1);
        } else if (due <= moment) {
            all.sent[asked] = moment;
            publish(&connection, to, all.first + asked++, body_bytes);
        } else {
            bare_wait(&connection, (int)((due - moment) / 1000000) + 1);
        }
        while (bare_next(&connection) != BARE_NOTHING) {}
    }
    pthread_join(receiver, NULL);
    double seconds = (double)(now() - start) / 1e9;
    qsort(all.took, count, 8, compare);
    printf("%.6f %.3f %.3f\n", seconds, (double)all.took[count / 2] / 1e6, (double)all.took[count * 99 / 100] / 1e6);
}
