// What Swift cannot call or read of librabbitmq: variadic functions, macros with casts, unions behind void pointers.
#ifndef SLUICE_CRABBITMQ_SHIM_H
#define SLUICE_CRABBITMQ_SHIM_H

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <string.h>
#include <sys/time.h>

static inline amqp_rpc_reply_t sluice_amqp_login(amqp_connection_state_t state, const char *vhost, int channel_max,
                                                 int frame_max, int heartbeat, const amqp_table_t *properties,
                                                 const char *user, const char *password) {
    return amqp_login_with_properties(state, vhost, channel_max, frame_max, heartbeat, properties,
                                      AMQP_SASL_METHOD_PLAIN, user, password);
}

// A frame, flattened. The bytes belong to the connection and live until its buffers are released.
typedef enum {
    SLUICE_AMQP_OTHER,
    SLUICE_AMQP_DELIVER,
    SLUICE_AMQP_HEADER,
    SLUICE_AMQP_BODY,
    SLUICE_AMQP_ACK,
    SLUICE_AMQP_NACK,
    SLUICE_AMQP_RETURN,
    SLUICE_AMQP_CANCEL,
    SLUICE_AMQP_BLOCKED,
    SLUICE_AMQP_UNBLOCKED,
    SLUICE_AMQP_CHANNEL_CLOSE,
    SLUICE_AMQP_CONNECTION_CLOSE
} sluice_amqp_kind;

typedef struct {
    sluice_amqp_kind kind;
    amqp_channel_t channel;
    uint64_t number;      // the delivery tag, or the size of the body that follows
    int flag;             // multiple, or redelivered
    int code;             // why it was closed or returned
    amqp_bytes_t text;    // consumer tag, routing key, reason, or a piece of a body
    const amqp_basic_properties_t *properties;
} sluice_amqp_frame;

static inline void sluice_amqp_read_method(const amqp_method_t *method, sluice_amqp_frame *out) {
    switch (method->id) {
        case AMQP_BASIC_DELIVER_METHOD: {
            const amqp_basic_deliver_t *m = (const amqp_basic_deliver_t *)method->decoded;
            out->kind = SLUICE_AMQP_DELIVER;
            out->number = m->delivery_tag;
            out->flag = m->redelivered;
            out->text = m->consumer_tag;
            break;
        }
        case AMQP_BASIC_ACK_METHOD: {
            const amqp_basic_ack_t *m = (const amqp_basic_ack_t *)method->decoded;
            out->kind = SLUICE_AMQP_ACK;
            out->number = m->delivery_tag;
            out->flag = m->multiple;
            break;
        }
        case AMQP_BASIC_NACK_METHOD: {
            const amqp_basic_nack_t *m = (const amqp_basic_nack_t *)method->decoded;
            out->kind = SLUICE_AMQP_NACK;
            out->number = m->delivery_tag;
            out->flag = m->multiple;
            break;
        }
        case AMQP_BASIC_RETURN_METHOD: {
            const amqp_basic_return_t *m = (const amqp_basic_return_t *)method->decoded;
            out->kind = SLUICE_AMQP_RETURN;
            out->code = m->reply_code;
            out->text = m->routing_key;
            break;
        }
        case AMQP_BASIC_CANCEL_METHOD:
            out->kind = SLUICE_AMQP_CANCEL;
            out->text = ((const amqp_basic_cancel_t *)method->decoded)->consumer_tag;
            break;
        case AMQP_CONNECTION_BLOCKED_METHOD:
            out->kind = SLUICE_AMQP_BLOCKED;
            out->text = ((const amqp_connection_blocked_t *)method->decoded)->reason;
            break;
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            out->kind = SLUICE_AMQP_UNBLOCKED;
            break;
        case AMQP_CHANNEL_CLOSE_METHOD: {
            const amqp_channel_close_t *m = (const amqp_channel_close_t *)method->decoded;
            out->kind = SLUICE_AMQP_CHANNEL_CLOSE;
            out->code = m->reply_code;
            out->text = m->reply_text;
            break;
        }
        case AMQP_CONNECTION_CLOSE_METHOD: {
            const amqp_connection_close_t *m = (const amqp_connection_close_t *)method->decoded;
            out->kind = SLUICE_AMQP_CONNECTION_CLOSE;
            out->code = m->reply_code;
            out->text = m->reply_text;
            break;
        }
        default:
            break;
    }
}

// The next frame that is there already; AMQP_STATUS_TIMEOUT where there is none. Sends heartbeats that are due.
static inline int sluice_amqp_next(amqp_connection_state_t state, sluice_amqp_frame *out) {
    struct timeval now = {0, 0};
    amqp_frame_t frame;
    memset(out, 0, sizeof *out);
    int status = amqp_simple_wait_frame_noblock(state, &frame, &now);
    if (status != AMQP_STATUS_OK) return status;
    out->channel = frame.channel;
    if (frame.frame_type == AMQP_FRAME_METHOD) {
        sluice_amqp_read_method(&frame.payload.method, out);
    } else if (frame.frame_type == AMQP_FRAME_HEADER) {
        out->kind = SLUICE_AMQP_HEADER;
        out->number = frame.payload.properties.body_size;
        if (frame.payload.properties.class_id == AMQP_BASIC_CLASS) {
            out->properties = (const amqp_basic_properties_t *)frame.payload.properties.decoded;
        }
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
        out->kind = SLUICE_AMQP_BODY;
        out->text = frame.payload.body_fragment;
    }
    return AMQP_STATUS_OK;
}

// What the broker said when it refused, as a frame of the kind that closes.
static inline sluice_amqp_frame sluice_amqp_refusal(const amqp_rpc_reply_t *reply) {
    sluice_amqp_frame out;
    memset(&out, 0, sizeof out);
    if (reply->reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) sluice_amqp_read_method(&reply->reply, &out);
    return out;
}

// Whether a basic.get has found a message, which follows then.
static inline int sluice_amqp_got(const amqp_rpc_reply_t *reply, uint64_t *tag, int *redelivered) {
    if (reply->reply_type != AMQP_RESPONSE_NORMAL || reply->reply.id != AMQP_BASIC_GET_OK_METHOD) return 0;
    const amqp_basic_get_ok_t *method = (const amqp_basic_get_ok_t *)reply->reply.decoded;
    *tag = method->delivery_tag;
    *redelivered = method->redelivered;
    return 1;
}

// A publish is three kinds of frames, sent one by one, so that none is begun for which the kernel has no room.

static inline int sluice_amqp_send_publish(amqp_connection_state_t state, amqp_channel_t channel, amqp_bytes_t queue) {
    amqp_basic_publish_t method;
    memset(&method, 0, sizeof method);
    method.routing_key = queue;
    method.mandatory = 1;
    return amqp_send_method(state, channel, AMQP_BASIC_PUBLISH_METHOD, &method);
}

static inline int sluice_amqp_send_header(amqp_connection_state_t state, amqp_channel_t channel, uint64_t body_size,
                                          amqp_basic_properties_t *properties) {
    amqp_frame_t frame;
    memset(&frame, 0, sizeof frame);
    frame.frame_type = AMQP_FRAME_HEADER;
    frame.channel = channel;
    frame.payload.properties.class_id = AMQP_BASIC_CLASS;
    frame.payload.properties.body_size = body_size;
    frame.payload.properties.decoded = properties;
    return amqp_send_frame(state, &frame);
}

static inline int sluice_amqp_send_body(amqp_connection_state_t state, amqp_channel_t channel, const void *bytes,
                                        size_t count) {
    amqp_frame_t frame;
    memset(&frame, 0, sizeof frame);
    frame.frame_type = AMQP_FRAME_BODY;
    frame.channel = channel;
    frame.payload.body_fragment.bytes = (void *)bytes;
    frame.payload.body_fragment.len = count;
    return amqp_send_frame(state, &frame);
}

static inline int sluice_amqp_send_cancel(amqp_connection_state_t state, amqp_channel_t channel,
                                          amqp_bytes_t consumer_tag) {
    amqp_basic_cancel_t method;
    method.consumer_tag = consumer_tag;
    method.nowait = 1;
    return amqp_send_method(state, channel, AMQP_BASIC_CANCEL_METHOD, &method);
}

static inline int sluice_amqp_send_channel_close_ok(amqp_connection_state_t state, amqp_channel_t channel) {
    amqp_channel_close_ok_t method;
    memset(&method, 0, sizeof method);
    return amqp_send_method(state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &method);
}

static inline int sluice_amqp_send_connection_close_ok(amqp_connection_state_t state) {
    amqp_connection_close_ok_t method;
    memset(&method, 0, sizeof method);
    return amqp_send_method(state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &method);
}

static inline int sluice_amqp_set_timeouts(amqp_connection_state_t state, int milliseconds) {
    struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000};
    int status = amqp_set_handshake_timeout(state, &timeout);
    return status == AMQP_STATUS_OK ? amqp_set_rpc_timeout(state, &timeout) : status;
}

static inline int sluice_amqp_socket_open(amqp_socket_t *socket, const char *host, int port, int milliseconds) {
    struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000};
    return amqp_socket_open_noblock(socket, host, port, &timeout);
}

#endif
