#include "bare.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

void bare_fail(const char *what) {
    fprintf(stderr, "BareAMQP: %s\n", what);
    exit(1);
}

static void check(amqp_rpc_reply_t reply, const char *what) {
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) bare_fail(what);
}

void bare_connect(bare_connection *connection) {
    memset(connection, 0, sizeof *connection);
    // Parsing changes it.
    const char *url = getenv("AMQP_URL");
    char *copy = url ? strdup(url) : NULL;
    struct amqp_connection_info where;
    if (!copy || amqp_parse_url(copy, &where) != AMQP_STATUS_OK) bare_fail("AMQP_URL cannot be read");
    connection->state = amqp_new_connection();
    if (amqp_socket_open(amqp_tcp_socket_new(connection->state), where.host, where.port) != AMQP_STATUS_OK) {
        bare_fail("the broker cannot be reached");
    }
    check(amqp_login(connection->state, where.vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, where.user, where.password),
          "login");
    free(copy);
    amqp_channel_open(connection->state, 1);
    check(amqp_get_rpc_reply(connection->state), "channel");
}

void bare_confirm(bare_connection *connection) {
    connection->confirmed = calloc(BARE_WINDOW, 1);
    if (!connection->confirmed) bare_fail("no memory");
    amqp_confirm_select(connection->state, 1);
    check(amqp_get_rpc_reply(connection->state), "confirms");
}

void bare_consume(bare_connection *connection, const char *queue, uint16_t prefetch) {
    amqp_basic_qos(connection->state, 1, 0, prefetch, 0);
    check(amqp_get_rpc_reply(connection->state), "prefetch");
    amqp_basic_consume(connection->state, 1, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(connection->state), "consume");
}

void bare_publish(bare_connection *connection, const char *queue, const amqp_basic_properties_t *properties,
                  amqp_bytes_t body) {
    int status = amqp_basic_publish(connection->state, 1, amqp_empty_bytes, amqp_cstring_bytes(queue), 1, 0,
                                    properties, body);
    if (status != AMQP_STATUS_OK) bare_fail("publish");
}

void bare_acknowledge(bare_connection *connection, uint64_t tag) {
    if (amqp_basic_ack(connection->state, 1, tag, 1) != AMQP_STATUS_OK) bare_fail("acknowledge");
}

void bare_wait(bare_connection *connection, int milliseconds) {
    if (amqp_frames_enqueued(connection->state) || amqp_data_in_buffer(connection->state)) return;
    struct pollfd socket = {.fd = amqp_get_sockfd(connection->state), .events = POLLIN};
    poll(&socket, 1, milliseconds);
}

static void note_confirm(bare_connection *connection, uint64_t number, int multiple) {
    uint8_t *confirmed = connection->confirmed;
    for (uint64_t next = multiple ? connection->safe + 1 : number; next <= number; next++) {
        confirmed[next % BARE_WINDOW] = 1;
    }
    while (confirmed[(connection->safe + 1) % BARE_WINDOW]) confirmed[++connection->safe % BARE_WINDOW] = 0;
}

bare_event bare_next(bare_connection *connection) {
    bare_message *message = &connection->message;
    uint64_t size = 0;
    for (;;) {
        sluice_amqp_frame frame;
        int status = sluice_amqp_next(connection->state, &frame);
        if (status == AMQP_STATUS_TIMEOUT) return BARE_NOTHING;
        if (status != AMQP_STATUS_OK) bare_fail("the connection broke");
        switch (frame.kind) {
            case SLUICE_AMQP_DELIVER:
                message->tag = frame.number;
                break;
            case SLUICE_AMQP_HEADER:
                message->properties = frame.properties;
                size = frame.number;
                break;
            case SLUICE_AMQP_BODY:
                message->body = frame.text;
                if (size != 0 && frame.text.len != size) bare_fail("a body of more than one frame");
                return BARE_MESSAGE;
            case SLUICE_AMQP_ACK:
                note_confirm(connection, frame.number, frame.flag);
                bare_done(connection);
                return BARE_CONFIRM;
            case SLUICE_AMQP_OTHER:
                break;
            default:
                bare_fail("the broker refused something");
        }
    }
}

void bare_done(bare_connection *connection) { amqp_maybe_release_buffers(connection->state); }
