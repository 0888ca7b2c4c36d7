/* SPDX-License-Identifier: Apache-2.0
 *
 * blobstore.h - the whole public C interface of libblobstore: one set of calls over S3, local files and memory.
 *
 * Conventions
 *   Results    Every call that can fail returns a blobstore_status, 0 for success, and takes `blobstore_error **err`
 *              (NULL allowed). *err is overwritten on entry: NULL on success, else an object the caller frees. Every
 *              other out-parameter is NULL or 0 on failure.
 *   Strings    In: pointer and length, bytes, no NUL needed, copied before the call returns. NULL with length 0 is
 *              empty. Out: pointer and length, NUL-terminated too, borrowed from the owner named.
 *   Structs    Zero the struct, set struct_size = sizeof: every field then means "default". A shorter struct of an
 *              older program is accepted; a longer one whose unknown tail is not zero is E_VERSION. An unknown flag
 *              bit or a reserved word that is not zero is E_INVALID_ARGUMENT.
 *   Units      Times: int64 nanoseconds since the Unix epoch. Durations: int64 milliseconds, 0 = configured default,
 *              -1 = no limit. Sizes and offsets: bytes. Ranges: offset and length, half-open.
 *   Keys       Bytes without NUL, not empty, nothing normalised, nothing decoded.
 *   Async      x_async submits what x does. If it returns OK, exactly one BLOBSTORE_EVENT_COMPLETE follows, never
 *              inline; if it fails, none. Memory passed by pointer to data or to a destination stays untouched by
 *              the caller until COMPLETE, also after a cancel. Everything else is copied at submit.
 *   Tags       [any] any thread, concurrently   [1t] one thread at a time per handle, any thread
 *              [blk] may block; E_WOULD_DEADLOCK on a callback thread   [nb] never blocks
 *              [own] the caller frees the result   [bor:x] borrowed until x is freed   [null] NULL allowed
 *              [copy] input copied before return   [pin] caller's memory in use until the call or the op completes
 *   Threads    A client starts its I/O, worker and callback threads lazily; they block all signals. Nothing is
 *              printed, no signal handler, locale, umask or environment is changed. No initialisation call exists.
 *   fork       In a child every handle made before answers E_FORKED (its _free releases memory only); new clients work.
 *   Closed     A closed handle answers E_CLOSED. Using a freed handle is undefined, as in any C library.
 *   Evolution  Versions only add functions, tail fields, constants and settings. No meaning ever changes.
 */
#ifndef BLOBSTORE_H
#define BLOBSTORE_H

#include <stddef.h>
#include <stdint.h>

#define BLOBSTORE_HEADER_VERSION 0x000100u /* major << 16 | minor << 8 | patch; compare with blobstore_version() */

#if defined(_WIN32)
#  define BLOBSTORE_CALL __cdecl
#  if defined(BLOBSTORE_BUILDING)
#    define BLOBSTORE_API __declspec(dllexport)
#  elif defined(BLOBSTORE_STATIC)
#    define BLOBSTORE_API
#  else
#    define BLOBSTORE_API __declspec(dllimport)
#  endif
#else
#  define BLOBSTORE_CALL
#  define BLOBSTORE_API __attribute__((visibility("default")))
#endif
#define BLOBSTORE_FN(ret) BLOBSTORE_API ret BLOBSTORE_CALL

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Scalars and constants: fixed width; no bool, enum, long, bit-field or time_t in any signature ---- */

typedef int32_t blobstore_status; /* 0 = OK. Treat an unknown value as E_INTERNAL, or by its range (value / 100). */
enum {
    BLOBSTORE_OK = 0,
    /* 1xx the caller */
    BLOBSTORE_E_INVALID_ARGUMENT = 100, BLOBSTORE_E_INVALID_STATE = 101, BLOBSTORE_E_UNSUPPORTED = 102,
    BLOBSTORE_E_CONFIG = 103, BLOBSTORE_E_VERSION = 104, BLOBSTORE_E_WOULD_DEADLOCK = 105,
    BLOBSTORE_E_FORKED = 106, BLOBSTORE_E_CLOSED = 107, BLOBSTORE_E_AGAIN = 108,
    /* 2xx identity */
    BLOBSTORE_E_CREDENTIALS = 200, BLOBSTORE_E_UNAUTHENTICATED = 201, BLOBSTORE_E_PERMISSION = 202,
    BLOBSTORE_E_CLOCK_SKEW = 203,
    /* 3xx the object */
    BLOBSTORE_E_NOT_FOUND = 300, BLOBSTORE_E_STORE_NOT_FOUND = 301, BLOBSTORE_E_EXISTS = 302,
    BLOBSTORE_E_PRECONDITION = 303, BLOBSTORE_E_NOT_MODIFIED = 304, BLOBSTORE_E_RANGE = 305,
    BLOBSTORE_E_CONFLICT = 306, BLOBSTORE_E_ARCHIVED = 307, BLOBSTORE_E_LOCKED = 308, BLOBSTORE_E_TOO_LARGE = 309,
    BLOBSTORE_E_QUOTA = 310, BLOBSTORE_E_UPLOAD_NOT_FOUND = 311, BLOBSTORE_E_NOT_A_FILE = 312,
    /* 4xx the service */
    BLOBSTORE_E_THROTTLED = 400, BLOBSTORE_E_UNAVAILABLE = 401, BLOBSTORE_E_SERVICE = 402, BLOBSTORE_E_PROTOCOL = 403,
    /* 5xx the network */
    BLOBSTORE_E_DNS = 500, BLOBSTORE_E_CONNECT = 501, BLOBSTORE_E_TLS = 502, BLOBSTORE_E_PROXY = 503,
    BLOBSTORE_E_NETWORK = 504, BLOBSTORE_E_TIMEOUT = 505, BLOBSTORE_E_STALLED = 506,
    /* 6xx the data */
    BLOBSTORE_E_CHECKSUM = 600, BLOBSTORE_E_CHANGED = 601, BLOBSTORE_E_CORRUPT = 602,
    /* 7xx this machine */
    BLOBSTORE_E_IO = 700, BLOBSTORE_E_NO_SPACE = 701, BLOBSTORE_E_NO_MEMORY = 702,
    /* 8xx control, 9xx the library */
    BLOBSTORE_E_CANCELLED = 800, BLOBSTORE_E_INTERNAL = 999
};

typedef struct blobstore_str { const char *ptr; size_t len; } blobstore_str; /* frozen; struct fields and arrays only */
typedef struct blobstore_kv { blobstore_str key, value; } blobstore_kv; /* frozen */

typedef struct blobstore_error blobstore_error; /* one failure; immutable */
typedef struct blobstore_config blobstore_config; /* settings as text */
typedef struct blobstore_client blobstore_client; /* threads, connections, caches */
typedef struct blobstore_store blobstore_store; /* a bucket, a root folder, a memory store */
typedef struct blobstore_cancel blobstore_cancel; /* a token that cancels any number of calls */
typedef struct blobstore_queue blobstore_queue; /* completions to poll for */
typedef struct blobstore_op blobstore_op; /* one asynchronous call */
typedef struct blobstore_buffer blobstore_buffer; /* reference-counted bytes */
typedef struct blobstore_object blobstore_object; /* what is known of one object */
typedef struct blobstore_page blobstore_page; /* one page of a listing */
typedef struct blobstore_reader blobstore_reader; /* a streaming read */


/* ---- Library ---- */

/** The version of the loaded library, coded as BLOBSTORE_HEADER_VERSION.
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(uint32_t) blobstore_version(void);

/** The same as text, such as "0.1.0". Static.
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_version_string(void);

/** 1 if this build has the feature, else 0: "backend.s3", "backend.file", "backend.memory".
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(int32_t) blobstore_has_feature(const char *name, size_t name_len);

/** The name of a status, such as "E_NOT_FOUND"; "E_UNKNOWN" for a number that is none. Static, never NULL.
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_status_name(blobstore_status status);


/* ---- Errors: immutable, any thread, one per failed call ---- */

enum { BLOBSTORE_ERR_RETRYABLE = 1, BLOBSTORE_ERR_OUTCOME_UNKNOWN = 2 /* a write may have been applied */,
       BLOBSTORE_ERR_FROM_SERVICE = 4 }; /* blobstore_error_view.flags */
typedef struct blobstore_error_view {
    uint32_t struct_size, flags;
    int32_t status, http_status; /* http_status 0: no answer */
    int64_t retry_after_ms; /* what the service asked for; 0 = nothing */
    int32_t os_error; /* errno, 0 = none */
    uint32_t attempts; /* requests sent, 0 where none was */
    blobstore_str message, hint /* what to do; may be empty */, operation, uri, service_code, request_id, host_id;
} blobstore_error_view;

/** One line: operation, URI, what happened, hint. NUL-terminated; "" for NULL.
 *  Tags: [any] [nb] [bor:error] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_error_message(const blobstore_error *error);

/** Fills *out as far as its struct_size goes.
 *  Tags: [any] [nb] [bor:error]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_error_get(const blobstore_error *error, blobstore_error_view *out);

/** Frees the error.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_error_free(blobstore_error *error);


/* ---- Configuration: text settings; an unknown key is E_CONFIG and names the nearest known one ---- */

enum { BLOBSTORE_CONFIG_SECRET = 1 }; /* blobstore_config_key.flags: never printed */
typedef struct blobstore_config_key {
    uint32_t struct_size, flags, reserved0, reserved1;
    blobstore_str name, type, default_value, doc, aliases /* comma-separated */, environment /* comma-separated */;
} blobstore_config_key;

/** Makes an empty set of settings.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_new(blobstore_config **out, blobstore_error **err);

/** Sets one value; the key in any case, with its aliases, - for _. A value of the wrong type is E_CONFIG.
 *  Tags: [1t] [nb] [copy]
 *  Codes: E_INVALID_ARGUMENT, E_CONFIG, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_set(blobstore_config *config, const char *key, size_t key_len,
    const char *value, size_t value_len, blobstore_error **err);

/** Describes setting number index, 0 and up; E_RANGE behind the last. The strings are static.
 *  Tags: [any] [nb]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_RANGE
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_describe(size_t index, blobstore_config_key *out);

/** Frees the settings; clients and stores made with them keep their own copy.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_config_free(blobstore_config *config);


/* ---- Completions: one COMPLETE per accepted submit, by queue, by callback or by wait ---- */

enum { BLOBSTORE_EVENT_COMPLETE = 1, BLOBSTORE_EVENT_LOG = 2, BLOBSTORE_EVENT_WAKE = 3 }; /* blobstore_event.type */
typedef struct blobstore_event { /* frozen array element: 64 bytes with 64-bit pointers, 56 with 32-bit ones */
    uint64_t user_data;
    uint64_t bytes; /* COMPLETE: bytes moved by get_into and reader_read. LOG: 0 */
    uint64_t total; /* COMPLETE: size of the whole object where known. LOG: the level */
    uint64_t data_len, reserved;
    uint32_t type;
    int32_t status; /* of the call */
    blobstore_op *op; /* one reference, given back by blobstore_events_release; NULL for WAKE */
    const void *data; /* LOG: the line */
} blobstore_event;
typedef void(BLOBSTORE_CALL *blobstore_event_fn)(const blobstore_event *event); /* event borrowed; op_retain to keep */
typedef struct blobstore_async { /* queue, or callback, or neither (then blobstore_op_wait); both is an error */
    uint32_t struct_size, flags;
    uint64_t user_data;
    blobstore_queue *queue;
    blobstore_event_fn callback; /* runs on a callback thread of the client, never on a network thread */
} blobstore_async;

/** Makes a queue for at most capacity (0 = 4096) completions that are in flight or not yet released from it by poll; a submit beyond is E_AGAIN.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_IO, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_queue_new(uint32_t capacity, blobstore_queue **out, blobstore_error
    **err);

/** Moves up to max events out and waits up to timeout_ms (0 = not at all, -1 = for ever) for the first. Many threads may wait. With timeout 0 it may be called on a callback thread.
 *  Tags: [any] [blk]
 *  Codes: E_INVALID_ARGUMENT, E_AGAIN (nothing came), E_CLOSED (shut down and drained), E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_queue_poll(blobstore_queue *queue, blobstore_event *events, size_t max,
    int64_t timeout_ms, size_t *n);

/** A descriptor that is readable while events wait or the queue is shut down and drained: level-triggered, for poll, epoll, asyncio, netpollers. Do not read from it. -1 for NULL.
 *  Tags: [any] [nb] [bor:queue]
 *  Since: 0.1.0 */
BLOBSTORE_FN(intptr_t) blobstore_queue_handle(const blobstore_queue *queue);

/** Posts one WAKE event (several may merge into one).
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_wake(blobstore_queue *queue);

/** Refuses further submits; what is in flight still arrives; then poll answers E_CLOSED.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_shutdown(blobstore_queue *queue);

/** Frees the queue; completions of operations still in flight are dropped with it.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_free(blobstore_queue *queue);

/** Gives back what a batch of events holds: one call per drained batch. Takes of results come before it.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_events_release(const blobstore_event *events, size_t n);

/** Asks for an early end; COMPLETE still comes, with E_CANCELLED unless the call had ended.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_op_cancel(blobstore_op *op);

/** Waits for the end and returns the status of the call itself; E_AGAIN if it is still running after timeout_ms. Any number of threads; also beside a queue or callback.
 *  Tags: [any] [blk] [null]
 *  Codes: E_INVALID_ARGUMENT, E_AGAIN, E_WOULD_DEADLOCK, E_FORKED, every code of the call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_op_wait(blobstore_op *op, int64_t timeout_ms);

/** The error of a failed, complete call; else NULL.
 *  Tags: [any] [nb] [bor:op] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const blobstore_error *) blobstore_op_error(const blobstore_op *op);

/** Bytes moved by a complete get_into or reader_read; else 0.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(uint64_t) blobstore_op_bytes(const blobstore_op *op);

/** The object of a complete call, once; NULL if it has none.
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_object *) blobstore_op_take_object(blobstore_op *op);

/** The bytes or the link of a complete call, once; NULL if it has none (reader_next: at the end).
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_buffer *) blobstore_op_take_buffer(blobstore_op *op);

/** The page of a complete list, once; NULL if it has none.
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_page *) blobstore_op_take_page(blobstore_op *op);

/** The reader of a complete reader_open, once; NULL if it has none.
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_reader *) blobstore_op_take_reader(blobstore_op *op);

/** One more reference to the same op.
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_op *) blobstore_op_retain(blobstore_op *op);

/** Gives one reference back; a live op goes on and completes all the same.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_op_free(blobstore_op *op);


/* ---- Client and store ---- */

enum { BLOBSTORE_LOG_OFF = 0, BLOBSTORE_LOG_ERROR = 1, BLOBSTORE_LOG_WARN = 2, BLOBSTORE_LOG_INFO = 3,
       BLOBSTORE_LOG_DEBUG = 4 };
typedef void(BLOBSTORE_CALL *blobstore_log_fn)(int32_t level, const char *line, size_t len, uint64_t user_data);
typedef struct blobstore_client_options {
    uint32_t struct_size, flags;
    uint64_t log_user_data;
    int32_t log_level; /* BLOBSTORE_LOG_*; 0 = off */
    uint32_t reserved0;
    blobstore_log_fn log; /* callback threads; secrets are redacted at the source */
    blobstore_queue *log_queue; /* LOG events instead of the callback; lines are dropped while it is full */
} blobstore_client_options;

/** Makes a client; reads the environment once, starts no thread yet. config and options: [null].
 *  Tags: [any] [nb] [own] [null] [copy]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_client_new(const blobstore_config *config, const
    blobstore_client_options *options, blobstore_client **out, blobstore_error **err);

/** Refuses new calls, cancels what runs, waits until all has completed. After OK no thread of the library runs user code. E_TIMEOUT if that took longer; it may be called again.
 *  Tags: [any] [blk]
 *  Codes: E_INVALID_ARGUMENT, E_TIMEOUT, E_WOULD_DEADLOCK, E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_client_close(blobstore_client *client, int64_t timeout_ms,
    blobstore_error **err);

/** Closes without waiting and gives the handle back; stores and operations that still live keep what they need.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_client_free(blobstore_client *client);

/** Opens scheme://authority[/prefix][?setting=value&...]; config ([null]) holds for this store only. No I/O: a missing bucket shows at the first call.
 *  Tags: [any] [nb] [own] [copy]
 *  Codes: E_INVALID_ARGUMENT, E_UNSUPPORTED (unknown scheme, backend left out), E_CONFIG, E_CREDENTIALS, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_store_open(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_config *config, blobstore_store **out, blobstore_error **err);

/** Gives the store back; running operations keep it alive.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_store_free(blobstore_store *store);


/* ---- Control of one call; NULL = defaults ---- */

typedef struct blobstore_call {
    uint32_t struct_size, flags;
    int64_t timeout_ms; /* whole call; default: none */
    int64_t stall_timeout_ms; /* no byte moved while we wait; default 20 s */
    uint32_t max_attempts, reserved0; /* 0 = default (5) */
    blobstore_cancel *cancel; /* may be shared by many calls; freed any time after submit */
} blobstore_call;

/** Makes a cancel token.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_cancel_new(blobstore_cancel **out, blobstore_error **err);

/** Cancels every attached call and every later one that is given the token.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_cancel_trigger(blobstore_cancel *cancel);

/** Frees the token; does not cancel.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_cancel_free(blobstore_cancel *cancel);


/* ---- Buffers: reference-counted, any thread ---- */

/** A writable buffer of size bytes, zeroed.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_buffer_new(size_t size, blobstore_buffer **out, blobstore_error **err);

typedef void(BLOBSTORE_CALL *blobstore_release_fn)(void *ctx); /* any thread, once */

/** Foreign memory as a buffer, not copied; release(ctx) runs when the last reference goes (release: [null]).
 *  Tags: [any] [nb] [own] [pin]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_buffer_wrap(const void *data, size_t len, blobstore_release_fn release,
    void *ctx, blobstore_buffer **out, blobstore_error **err);

/** The bytes; *len ([null]) their number. Results of the library are followed by a NUL.
 *  Tags: [any] [nb] [bor:buffer] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void *) blobstore_buffer_data(const blobstore_buffer *buffer, size_t *len);

/** One more reference to the same buffer.
 *  Tags: [any] [nb] [own] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_buffer *) blobstore_buffer_retain(blobstore_buffer *buffer);

/** Gives one reference back.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_buffer_free(blobstore_buffer *buffer);


/* ---- Objects ---- */

enum { BLOBSTORE_OBJECT_HAS_SIZE = 1, BLOBSTORE_OBJECT_HAS_MODIFIED = 2, BLOBSTORE_OBJECT_IS_PREFIX = 4 };
typedef struct blobstore_object_view { /* flags: BLOBSTORE_OBJECT_*; a string that is not known is empty */
    uint32_t struct_size, flags;
    uint64_t size; /* of the whole object, also where a range was asked for */
    int64_t modified_ns;
    blobstore_str key, etag, content_type, content_encoding, cache_control;
    const blobstore_kv *metadata; /* user metadata, names in lower case */
    size_t metadata_len;
} blobstore_object_view;

/** Fills *out as far as its struct_size goes.
 *  Tags: [any] [nb] [bor:object]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_object_get(const blobstore_object *object, blobstore_object_view *out);

/** Frees the object.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_object_free(blobstore_object *object);


/* ---- Operations: x blocks, x_async submits; the same leading parameters ---- */

enum { BLOBSTORE_GET_OFFSET = 1, BLOBSTORE_GET_LENGTH = 2, BLOBSTORE_GET_SUFFIX = 4, BLOBSTORE_GET_IF_MODIFIED = 8,
       BLOBSTORE_GET_IF_UNMODIFIED = 16 }; /* blobstore_get_options.flags: which number fields count */
typedef struct blobstore_get_options {
    uint32_t struct_size, flags;
    uint64_t offset, length; /* LENGTH without OFFSET: from the start; past the end: clipped */
    uint64_t suffix_length; /* the last bytes; excludes OFFSET and LENGTH */
    int64_t if_modified_since_ns, if_unmodified_since_ns; /* E_NOT_MODIFIED; E_PRECONDITION */
    blobstore_str if_match, if_none_match; /* ETags as given, or "*"; empty = no condition */
} blobstore_get_options;
typedef struct blobstore_put_options {
    uint32_t struct_size, flags; /* flags: none yet */
    blobstore_str content_type, content_encoding, cache_control;
    const blobstore_kv *metadata;
    size_t metadata_len;
} blobstore_put_options;
typedef struct blobstore_list_options {
    uint32_t struct_size, flags; /* flags: none yet */
    uint32_t page_size, reserved0; /* at most so many entries a page; 0 = what the service allows most */
    blobstore_str prefix; /* bytes, need not end in "/" */
    blobstore_str delimiter; /* "" = every key below the prefix; "/" = one level */
    blobstore_str start_after; /* only keys behind this one */
    blobstore_str page_token; /* from blobstore_page_token, of the same listing */
} blobstore_list_options;
enum { BLOBSTORE_PRESIGN_SIGNING_TIME = 1 }; /* blobstore_presign_options.flags */
typedef struct blobstore_presign_options {
    uint32_t struct_size, flags;
    int64_t expires_ms; /* 0 = 15 min; S3: whole seconds, 1 s to 7 days */
    int64_t signing_time_ns; /* with SIGNING_TIME: makes the link reproducible; else now */
    blobstore_str method; /* GET (default), PUT, HEAD, DELETE */
    const blobstore_kv *headers; /* signed; the user of the link must send them */
    const blobstore_kv *query; /* response-content-type and the like */
    size_t headers_len, query_len;
} blobstore_presign_options;
enum { BLOBSTORE_FILE_FD = 1 }; /* blobstore_file.flags */
typedef struct blobstore_file { /* a path, or with FILE_FD a descriptor, which stays open */
    uint32_t struct_size, flags;
    intptr_t fd;
    blobstore_str path;
} blobstore_file;

/** Reads an object or a range of it into a new buffer. Larger than the setting memory_limit: E_TOO_LARGE before the body is read. info: [null].
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_buffer **body, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_get. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_get by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_buffer **body, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_get_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Reads into the caller's memory; *n (never NULL) bytes. More than cap: E_TOO_LARGE, nothing promised of dst. info: [null].
 *  Tags: [any] [blk] [pin] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, size_t *n,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_get_into. op: [null], else one reference.
 *  Tags: [any] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_get_into by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [pin] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, size_t *n,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_get_into_url. op: [null], else one reference.
 *  Tags: [any] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Writes a whole object, replacing one of the same key. info: [null].
 *  Tags: [any] [blk] [pin] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put(blobstore_store *store, const char *key, size_t key_len, const void
    *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_put. op: [null], else one reference.
 *  Tags: [any] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_async(blobstore_store *store, const char *key, size_t key_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_put by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [pin] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_url(blobstore_client *client, const char *url, size_t url_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_put_url. op: [null], else one reference.
 *  Tags: [any] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_url_async(blobstore_client *client, const char *url, size_t
    url_len, const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Writes a whole object from a buffer, of which the call keeps a reference. info: [null].
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_buffer(blobstore_store *store, const char *key, size_t key_len,
    blobstore_buffer *body, const blobstore_put_options *options, const blobstore_call *call, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_put_buffer. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_buffer_async(blobstore_store *store, const char *key, size_t
    key_len, blobstore_buffer *body, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** What is known of an object, without its bytes. Ranges are E_INVALID_ARGUMENT here. info: [null].
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_head. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_head by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error
    **err);

/** Submits blobstore_head_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Removes an object; one that is missing is no error.
 *  Tags: [any] [blk] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_call *call, blobstore_error **err);

/** Submits blobstore_delete. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_delete by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_delete_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** Copies an object: on the server where both ends are one service, else streamed. options NULL keeps the attributes, else they are replaced. info: [null].
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy(blobstore_store *source, const char *source_key, size_t
    source_key_len, blobstore_store *store, const char *key, size_t key_len, const blobstore_put_options
    *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_copy. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_async(blobstore_store *source, const char *source_key, size_t
    source_key_len, blobstore_store *store, const char *key, size_t key_len, const blobstore_put_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** blobstore_copy by object URLs.
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_url(blobstore_client *client, const char *source_url, size_t
    source_url_len, const char *url, size_t url_len, const blobstore_put_options *options, const blobstore_call
    *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_copy_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_url_async(blobstore_client *client, const char *source_url, size_t
    source_url_len, const char *url, size_t url_len, const blobstore_put_options *options, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Removes any number of objects; results[i] is the status of keys[i]. The status of the call is the first failure, or OK.
 *  Tags: [any] [blk] [pin]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_many(blobstore_store *store, const blobstore_str *keys, size_t
    n, const blobstore_call *call, blobstore_status *results, blobstore_error **err);

/** Submits blobstore_delete_many. op: [null], else one reference.
 *  Tags: [any] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_many_async(blobstore_store *store, const blobstore_str *keys,
    size_t n, const blobstore_call *call, blobstore_status *results, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** One page of a listing in key order (bytes); the next page is the same call with page_token. options: [null].
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_list(blobstore_store *store, const blobstore_list_options *options,
    const blobstore_call *call, blobstore_page **page, blobstore_error **err);

/** Submits blobstore_list. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_list_async(blobstore_store *store, const blobstore_list_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** A link that works without credentials until it expires, NUL-terminated. file: the file URI, which serves those who share the file system. memory: E_UNSUPPORTED.
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_presign_options *options, const blobstore_call *call, blobstore_buffer **link, blobstore_error
    **err);

/** Submits blobstore_presign. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_presign_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_presign by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_presign_options *options, const blobstore_call *call, blobstore_buffer **link,
    blobstore_error **err);

/** Submits blobstore_presign_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_presign_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Writes an object from a file in bounded memory. A file that changes meanwhile is E_CHANGED. info: [null].
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_upload_file. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_upload_file by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_upload_file_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Reads an object into a file in bounded memory: under its final name only when whole. info: [null].
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_download_file. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_download_file by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own] [copy]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_download_file_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_url_async(blobstore_client *client, const char *url,
    size_t url_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);


/* ---- Pages: borrowed strings, no call per entry ---- */

/** The number of entries.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(size_t) blobstore_page_len(const blobstore_page *page);

/** Fills up to n views, stride bytes apart (the caller's sizeof), from entry first; returns how many. A common prefix has flag IS_PREFIX and stands in key.
 *  Tags: [any] [nb] [bor:page] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(size_t) blobstore_page_get(const blobstore_page *page, size_t first, blobstore_object_view *out,
    size_t stride, size_t n);

/** Where the next page begins; "" behind the last page. Survives the process.
 *  Tags: [any] [nb] [bor:page] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_page_token(const blobstore_page *page, size_t *len);

/** Frees the page and all views of it.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_page_free(blobstore_page *page);


/* ---- Reader: a streaming read, pinned to one ETag ---- */

/** Opens a streaming read of an object or a range of it.
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_reader **out, blobstore_error
    **err);

/** Submits blobstore_reader_open. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_reader_open by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [own]
 *  Codes: every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, blobstore_reader **out,
    blobstore_error **err);

/** Submits blobstore_reader_open_url. op: [null], else one reference.
 *  Tags: [any] [nb] [own]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Reads at least one byte and at most cap; OK with *n == 0 is the end.
 *  Tags: [1t] [blk] [pin] [own]
 *  Codes: E_INVALID_STATE (a call is running), E_CHANGED, every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_read(blobstore_reader *reader, void *dst, size_t cap, size_t *n,
    blobstore_error **err);

/** Submits blobstore_reader_read. op: [null], else one reference.
 *  Tags: [1t] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_read_async(blobstore_reader *reader, void *dst, size_t cap,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** The next bytes, at most max, as a buffer; OK with NULL is the end.
 *  Tags: [1t] [blk] [pin] [own]
 *  Codes: E_INVALID_STATE (a call is running), E_CHANGED, every code of the service, network, machine and control ranges
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_next(blobstore_reader *reader, size_t max, blobstore_buffer
    **chunk, blobstore_error **err);

/** Submits blobstore_reader_next. op: [null], else one reference.
 *  Tags: [1t] [nb] [pin] [own]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_next_async(blobstore_reader *reader, size_t max, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** The next read starts at offset, counted from the start of what was opened; past the end reads nothing.
 *  Tags: [1t] [nb]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_CLOSED, E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_seek(blobstore_reader *reader, uint64_t offset, blobstore_error
    **err);

/** What is known of the object being read.
 *  Tags: [any] [nb] [bor:reader]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_object(const blobstore_reader *reader, blobstore_object_view
    *out);

/** Ends the read, at once and without I/O; a running call on it is cancelled.
 *  Tags: [any] [nb] [null]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_reader_free(blobstore_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
