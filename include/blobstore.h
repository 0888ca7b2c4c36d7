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
 *   Tags       On every function, one for every pointer; x and y are parameters, "return" is what comes back.
 *              [any] any thread, concurrently   [1t] one thread at a time per handle, any thread
 *              [blk] may block; E_WOULD_DEADLOCK on a callback thread   [nb] never blocks
 *              [null: x] may be NULL, data with a length where that is 0; each other one is E_INVALID_ARGUMENT if NULL
 *              [own: x] the caller frees what is put there   [take: x] the caller's reference ends with the call
 *              [bor: x of y] what is put there lives until y is freed   [static: x] it lives as long as the process
 *              [use: x] in use until the call returns; what is needed longer is copied
 *              [pin: x] in use until COMPLETE, a wrapped buffer's until release; the caller leaves it alone until then
 *              A handle without a tag is in use until the call returns; what goes on keeps a reference of its own.
 *   Codes      What may come besides OK; E_NO_MEMORY and E_INTERNAL may come from every function.
 *              "all of a call" are E_INVALID_ARGUMENT, E_UNSUPPORTED, E_CONFIG, E_VERSION, E_WOULD_DEADLOCK, E_FORKED,
 *              E_CLOSED and the ranges 2xx to 8xx.
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

#define BLOBSTORE_HEADER_VERSION 0x000100u /**< major << 16 | minor << 8 | patch; compare with blobstore_version() */

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

/** 0 = OK. Treat an unknown value as E_INTERNAL, or by its range (value / 100). */
typedef int32_t blobstore_status;

/** Every status; docs/errors.md says what each means. */
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

/** A string in a struct or an array. Frozen. */
typedef struct blobstore_str { const char *ptr; size_t len; } blobstore_str;

/** A name with its value. Frozen. */
typedef struct blobstore_kv { blobstore_str key, value; } blobstore_kv;

typedef struct blobstore_error blobstore_error; /**< one failure; immutable */
typedef struct blobstore_config blobstore_config; /**< settings as text */
typedef struct blobstore_client blobstore_client; /**< threads, connections, caches */
typedef struct blobstore_store blobstore_store; /**< a bucket, a root folder, a memory store */
typedef struct blobstore_cancel blobstore_cancel; /**< a token that cancels any number of calls */
typedef struct blobstore_queue blobstore_queue; /**< completions to poll for */
typedef struct blobstore_op blobstore_op; /**< one asynchronous call */
typedef struct blobstore_buffer blobstore_buffer; /**< reference-counted bytes */
typedef struct blobstore_object blobstore_object; /**< what is known of one object */
typedef struct blobstore_page blobstore_page; /**< one page of a listing */
typedef struct blobstore_reader blobstore_reader; /**< a streaming read */
typedef struct blobstore_writer blobstore_writer; /**< a streaming write */


/* ---- Library ---- */

/** The version of the loaded library, coded as BLOBSTORE_HEADER_VERSION.
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(uint32_t) blobstore_version(void);

/** The same as text, such as "0.1.0". Static.
 *  Tags: [any] [nb] [static: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_version_string(void);

/** 1 if this build has the feature, else 0: "backend.s3", "backend.file", "backend.memory".
 *  Tags: [any] [nb] [null: name] [use: name]
 *  Since: 0.1.0 */
BLOBSTORE_FN(int32_t) blobstore_has_feature(const char *name, size_t name_len);

/** The name of a status, such as "E_NOT_FOUND"; "E_UNKNOWN" for a number that is none. Static, never NULL.
 *  Tags: [any] [nb] [static: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_status_name(blobstore_status status);


/* ---- Errors: immutable, any thread, one per failed call ---- */

/** blobstore_error_view.flags */
enum { BLOBSTORE_ERR_RETRYABLE = 1, BLOBSTORE_ERR_OUTCOME_UNKNOWN = 2 /* a write may have been applied */,
       BLOBSTORE_ERR_FROM_SERVICE = 4 };

/** All that an error says. */
typedef struct blobstore_error_view {
    uint32_t struct_size, flags;
    int32_t status, http_status; /* http_status 0: no answer */
    int64_t retry_after_ms; /* what the service asked for; 0 = nothing */
    int32_t os_error; /* errno, 0 = none */
    uint32_t attempts; /* requests sent, 0 where none was */
    blobstore_str message, hint /* what to do; may be empty */, operation, uri, service_code, request_id, host_id;
} blobstore_error_view;

/** One line: operation, URI, what happened, hint. NUL-terminated; "" for NULL.
 *  Tags: [any] [nb] [null: error] [bor: return of error]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_error_message(const blobstore_error *error);

/** Fills *out as far as its struct_size goes.
 *  Tags: [any] [nb] [null: none] [bor: out of error]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_error_get(const blobstore_error *error, blobstore_error_view *out);

/** Frees the error.
 *  Tags: [any] [nb] [null: error] [take: error]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_error_free(blobstore_error *error);


/* ---- Configuration: text settings; an unknown key is E_CONFIG and names the nearest known one ---- */

/** blobstore_config_key.flags; SECRET: the value is never printed */
enum { BLOBSTORE_CONFIG_SECRET = 1 };

/** One setting that exists. */
typedef struct blobstore_config_key {
    uint32_t struct_size, flags, reserved0, reserved1;
    blobstore_str name, type, default_value, doc, aliases /* comma-separated */, environment /* comma-separated */;
} blobstore_config_key;

/** Makes an empty set of settings.
 *  Tags: [any] [nb] [null: err] [own: out err]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_new(blobstore_config **out, blobstore_error **err);

/** Sets one value; the key in any case, with its aliases, - for _. A value of the wrong type is E_CONFIG.
 *  Tags: [1t] [nb] [null: value err] [own: err] [use: key value]
 *  Codes: E_INVALID_ARGUMENT, E_CONFIG, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_set(blobstore_config *config, const char *key, size_t key_len,
    const char *value, size_t value_len, blobstore_error **err);

/** Describes setting number index, 0 and up; E_RANGE behind the last. The strings are static.
 *  Tags: [any] [nb] [null: none] [static: out]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_RANGE
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_config_describe(size_t index, blobstore_config_key *out);

/** Frees the settings; clients and stores made with them keep their own copy.
 *  Tags: [any] [nb] [null: config] [take: config]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_config_free(blobstore_config *config);


/* ---- Completions: one COMPLETE per accepted submit, by queue, by callback or by wait ---- */

/** blobstore_event.type */
enum { BLOBSTORE_EVENT_COMPLETE = 1, BLOBSTORE_EVENT_LOG = 2, BLOBSTORE_EVENT_WAKE = 3, BLOBSTORE_EVENT_PROGRESS = 4 };

/** One thing that happened. Frozen array element: 64 bytes with 64-bit pointers, 56 with 32-bit ones. */
typedef struct blobstore_event {
    uint64_t user_data;
    uint64_t bytes; /* COMPLETE: bytes moved by get_into, get_ranges, reader_read. PROGRESS: moved so far. LOG: 0 */
    uint64_t total; /* COMPLETE: size of the whole object where known. PROGRESS: of what moves; 0 = not known. LOG: the level */
    uint64_t data_len;
    uint64_t reserved; /* PROGRESS: bytes per second over the last seconds */
    uint32_t type;
    int32_t status; /* of the call */
    blobstore_op *op; /* one reference, given back by blobstore_events_release; NULL for WAKE */
    const void *data; /* LOG: the line. PROGRESS: a new resume string, or NULL. Borrowed until released */
} blobstore_event;
/** Takes one completion, on a callback thread of the client, never on a network thread. event and its op live until
 *  it returns; blobstore_op_retain keeps the op. */
typedef void(BLOBSTORE_CALL *blobstore_event_fn)(const blobstore_event *event);

/** How a call completes: queue, or callback, or neither (then blobstore_op_wait); both is an error. NULL = neither. */
typedef struct blobstore_async {
    uint32_t struct_size, flags;
    uint64_t user_data;
    blobstore_queue *queue;
    blobstore_event_fn callback;
    uint32_t progress_interval_ms; /* PROGRESS events at most so often, and with each new resume string; 0 = none. One at
                                    * a time: until it is released or the callback returns, what comes is added up */
    uint32_t reserved0;
} blobstore_async;

/** Makes a queue for at most capacity (0 = 4096) completions that are in flight or not yet moved out of it by poll; a
 *  submit beyond that is E_AGAIN.
 *  Tags: [any] [nb] [null: err] [own: out err]
 *  Codes: E_INVALID_ARGUMENT, E_IO, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_queue_new(uint32_t capacity, blobstore_queue **out, blobstore_error
    **err);

/** Moves up to max events out and waits up to timeout_ms (0 = not at all, -1 = for ever) for the first. Many threads
 *  may wait. With timeout 0 it may be called on a callback thread. The events' references go back by
 *  blobstore_events_release.
 *  Tags: [any] [blk] [null: none] [own: events] [use: n]
 *  Codes: E_INVALID_ARGUMENT, E_AGAIN (nothing came), E_CLOSED (shut down and drained), E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_queue_poll(blobstore_queue *queue, blobstore_event *events, size_t max,
    int64_t timeout_ms, size_t *n);

/** A descriptor that is readable while events wait or the queue is shut down and drained: level-triggered, for poll,
 *  epoll, asyncio, netpollers. Do not read from it. -1 for NULL.
 *  Tags: [any] [nb] [null: queue] [bor: return of queue]
 *  Since: 0.1.0 */
BLOBSTORE_FN(intptr_t) blobstore_queue_handle(const blobstore_queue *queue);

/** Posts one WAKE event (several may merge into one).
 *  Tags: [any] [nb] [null: queue]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_wake(blobstore_queue *queue);

/** Refuses further submits; what is in flight still arrives; then poll answers E_CLOSED.
 *  Tags: [any] [nb] [null: queue]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_shutdown(blobstore_queue *queue);

/** Frees the queue; completions of operations still in flight are dropped with it.
 *  Tags: [any] [nb] [null: queue] [take: queue]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_queue_free(blobstore_queue *queue);

/** Gives back what a batch of events holds: one call per drained batch. Takes of results come before it.
 *  Tags: [any] [nb] [null: events] [take: events]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_events_release(const blobstore_event *events, size_t n);

/** Asks for an early end; COMPLETE still comes, with E_CANCELLED unless the call had ended.
 *  Tags: [any] [nb] [null: op]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_op_cancel(blobstore_op *op);

/** Waits for the end and returns the status of the call itself; E_AGAIN if it is still running after timeout_ms. Any
 *  number of threads; also beside a queue or callback.
 *  Tags: [any] [blk] [null: none]
 *  Codes: E_INVALID_ARGUMENT, E_AGAIN, E_WOULD_DEADLOCK, E_FORKED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_op_wait(blobstore_op *op, int64_t timeout_ms);

/** The error of a failed, complete call; else NULL.
 *  Tags: [any] [nb] [null: op] [bor: return of op]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const blobstore_error *) blobstore_op_error(const blobstore_op *op);

/** Bytes moved by a complete get_into, get_ranges or reader_read, uploads ended by uploads_abort,
 *  objects removed by delete_prefix (also where it fails); else 0.
 *  Tags: [any] [nb] [null: op]
 *  Since: 0.1.0 */
BLOBSTORE_FN(uint64_t) blobstore_op_bytes(const blobstore_op *op);

/** The object of a complete call, once; NULL if it has none.
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_object *) blobstore_op_take_object(blobstore_op *op);

/** The bytes or the link of a complete call, once; NULL if it has none (reader_next: at the end).
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_buffer *) blobstore_op_take_buffer(blobstore_op *op);

/** The page of a complete list, or the keys that delete_prefix left (also where it fails), once; NULL if it has none.
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_page *) blobstore_op_take_page(blobstore_op *op);

/** The reader of a complete reader_open, once; NULL if it has none.
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_reader *) blobstore_op_take_reader(blobstore_op *op);

/** The writer of a complete writer_open, once; NULL if it has none.
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_writer *) blobstore_op_take_writer(blobstore_op *op);

/** One more reference to the same op.
 *  Tags: [any] [nb] [null: op] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_op *) blobstore_op_retain(blobstore_op *op);

/** Gives one reference back; a live op goes on and completes all the same.
 *  Tags: [any] [nb] [null: op] [take: op]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_op_free(blobstore_op *op);


/* ---- Client and store ---- */

/** blobstore_client_options.log_level */
enum { BLOBSTORE_LOG_OFF = 0, BLOBSTORE_LOG_ERROR = 1, BLOBSTORE_LOG_WARN = 2, BLOBSTORE_LOG_INFO = 3,
       BLOBSTORE_LOG_DEBUG = 4 };

/** Takes one log line, on a callback thread; line lives until it returns. Secrets are redacted at the source. */
typedef void(BLOBSTORE_CALL *blobstore_log_fn)(int32_t level, const char *line, size_t len, uint64_t user_data);

/** What a client gets besides settings; NULL = no log. */
typedef struct blobstore_client_options {
    uint32_t struct_size, flags;
    uint64_t log_user_data;
    int32_t log_level; /* BLOBSTORE_LOG_*; 0 = off */
    uint32_t reserved0;
    blobstore_log_fn log; /* called until blobstore_client_close has answered OK */
    blobstore_queue *log_queue; /* LOG events instead of the callback; lines are dropped while it is full */
} blobstore_client_options;

/** Makes a client; reads the environment once, starts no thread yet. options.log is called until
 *  blobstore_client_close has answered OK.
 *  Tags: [any] [nb] [null: config options err] [own: out err] [use: options]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_client_new(const blobstore_config *config, const
    blobstore_client_options *options, blobstore_client **out, blobstore_error **err);

/** Refuses new calls, cancels what runs, waits until all has completed. After OK no thread of the library runs user
 *  code. E_TIMEOUT if that took longer; it may be called again.
 *  Tags: [any] [blk] [null: err] [own: err]
 *  Codes: E_INVALID_ARGUMENT, E_TIMEOUT, E_WOULD_DEADLOCK, E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_client_close(blobstore_client *client, int64_t timeout_ms,
    blobstore_error **err);

/** Closes without waiting and gives the handle back; stores and operations that still live keep what they need.
 *  Tags: [any] [nb] [null: client] [take: client]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_client_free(blobstore_client *client);

/** What a client has done since it was made, with all its stores; numbers only grow, but calls_running. */
typedef struct blobstore_stats {
    uint32_t struct_size, flags;
    uint64_t requests; /* HTTP requests sent, each attempt counted; by method below */
    uint64_t requests_get, requests_head, requests_put, requests_post, requests_delete;
    uint64_t retries;   /* of requests: those that were not the first of their call */
    uint64_t throttles; /* answers that asked to slow down */
    uint64_t bytes_sent, bytes_received; /* by sockets, with heads and TLS */
    uint64_t connections_opened, connections_reused;
    uint64_t calls_running; /* accepted and not yet completed, now */
} blobstore_stats;

/** Fills *out as far as its struct_size goes. Costs nothing while it is not asked; may be asked at any time.
 *  Tags: [any] [nb] [null: err] [own: err] [use: out]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_client_stats(const blobstore_client *client, blobstore_stats *out,
    blobstore_error **err);

/** Opens scheme://authority[/prefix][?setting=value&...]; config holds for this store only. No I/O: a missing bucket
 *  shows at the first call.
 *  Tags: [any] [nb] [null: config err] [own: out err] [use: url]
 *  Codes: E_INVALID_ARGUMENT, E_UNSUPPORTED (unknown scheme, backend left out), E_CONFIG, E_CREDENTIALS, E_CLOSED,
 *        E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_store_open(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_config *config, blobstore_store **out, blobstore_error **err);

/** Gives the store back; running operations keep it alive.
 *  Tags: [any] [nb] [null: store] [take: store]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_store_free(blobstore_store *store);


/* ---- Control of one call ---- */

/** Limits and cancel token of one call; NULL = defaults. */
typedef struct blobstore_call {
    uint32_t struct_size, flags;
    int64_t timeout_ms; /* whole call; default: none */
    int64_t stall_timeout_ms; /* no byte moved while we wait; default 20 s */
    uint32_t max_attempts, reserved0; /* 0 = default (5) */
    blobstore_cancel *cancel; /* may be shared by many calls; freed any time after submit */
} blobstore_call;

/** Makes a cancel token.
 *  Tags: [any] [nb] [null: err] [own: out err]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_cancel_new(blobstore_cancel **out, blobstore_error **err);

/** Cancels every attached call and every later one that is given the token.
 *  Tags: [any] [nb] [null: cancel]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_cancel_trigger(blobstore_cancel *cancel);

/** Frees the token; does not cancel.
 *  Tags: [any] [nb] [null: cancel] [take: cancel]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_cancel_free(blobstore_cancel *cancel);


/* ---- Buffers: reference-counted, any thread ---- */

/** A writable buffer of size bytes, zeroed.
 *  Tags: [any] [nb] [null: err] [own: out err]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_buffer_new(size_t size, blobstore_buffer **out, blobstore_error **err);

/** Lets go of wrapped memory: once, on any thread, so it must not block. */
typedef void(BLOBSTORE_CALL *blobstore_release_fn)(void *ctx);

/** Foreign memory as a buffer, not copied: data stays as it is until release(ctx), which runs when the last reference
 *  goes.
 *  Tags: [any] [nb] [null: data release ctx err] [own: out err] [pin: data release ctx]
 *  Codes: E_INVALID_ARGUMENT, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_buffer_wrap(const void *data, size_t len, blobstore_release_fn release,
    void *ctx, blobstore_buffer **out, blobstore_error **err);

/** The bytes; *len their number. Results of the library are followed by a NUL.
 *  Tags: [any] [nb] [null: buffer len] [bor: return of buffer] [use: len]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void *) blobstore_buffer_data(const blobstore_buffer *buffer, size_t *len);

/** One more reference to the same buffer.
 *  Tags: [any] [nb] [null: buffer] [own: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_buffer *) blobstore_buffer_retain(blobstore_buffer *buffer);

/** Gives one reference back.
 *  Tags: [any] [nb] [null: buffer] [take: buffer]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_buffer_free(blobstore_buffer *buffer);


/* ---- Objects ---- */

/** blobstore_object_view.flags: what is known; IS_PREFIX: no object, a common prefix of a listing; IS_DELETE_MARKER: no
 *  object, a version that says it was deleted; IS_LATEST: in a listing of versions */
enum { BLOBSTORE_OBJECT_HAS_SIZE = 1, BLOBSTORE_OBJECT_HAS_MODIFIED = 2, BLOBSTORE_OBJECT_IS_PREFIX = 4,
       BLOBSTORE_OBJECT_IS_DELETE_MARKER = 8, BLOBSTORE_OBJECT_IS_LATEST = 16, BLOBSTORE_OBJECT_BUCKET_KEY = 32,
       BLOBSTORE_OBJECT_LEGAL_HOLD = 64, BLOBSTORE_OBJECT_HAS_RETAIN_UNTIL = 128,
       BLOBSTORE_OBJECT_HAS_TAG_COUNT = 256, BLOBSTORE_OBJECT_HAS_PARTS = 512 };

/** What is known of an object; a string that is not known is empty. */
typedef struct blobstore_object_view {
    uint32_t struct_size, flags;
    uint64_t size; /* of the whole object, also where a range was asked for */
    int64_t modified_ns;
    blobstore_str key, etag, content_type, content_encoding, cache_control;
    const blobstore_kv *metadata; /* user metadata, names in lower case */
    size_t metadata_len;
    blobstore_str version; /* empty where the store keeps none */
    blobstore_str storage_class; /* as the service says; empty: its usual one */
    blobstore_str content_disposition, content_language, expires;
    blobstore_str sse, sse_kms_key_id; /* how the service encrypts it; SSE-C: "customer:AES256" */
    blobstore_str restore; /* of an archived object, as the service says */
    blobstore_str owner;
    blobstore_str lock_mode; /* "GOVERNANCE" or "COMPLIANCE" */
    int64_t retain_until_ns;
    uint64_t tag_count, parts; /* parts: of the upload that wrote it */
    const blobstore_kv *tags; /* of blobstore_tags_get */
    size_t tags_len;
    blobstore_str checksum; /* "crc64nvme:" and base64, where the store tells; "-N" at its end: of the sums of N parts */
    blobstore_status status; /* of a key that blobstore_delete_prefix left: why; else 0 */
    uint32_t reserved0;
} blobstore_object_view;

/** Fills *out as far as its struct_size goes.
 *  Tags: [any] [nb] [null: none] [bor: out of object]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_object_get(const blobstore_object *object, blobstore_object_view *out);

/** Frees the object.
 *  Tags: [any] [nb] [null: object] [take: object]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_object_free(blobstore_object *object);


/* ---- Operations: x blocks, x_async submits; the same leading parameters ---- */

/** blobstore_get_options.flags: which number fields count. UNVERIFIED: the bytes of a whole object are not compared with
 *  the checksum that the store gives (else E_CHECKSUM at the latest by the last byte). RESUMABLE: download_file to a path
 *  keeps what came in a file beside it (".blobstore-tmp-...") when it fails, and tells the resume string by PROGRESS */
enum { BLOBSTORE_GET_OFFSET = 1, BLOBSTORE_GET_LENGTH = 2, BLOBSTORE_GET_SUFFIX = 4, BLOBSTORE_GET_IF_MODIFIED = 8,
       BLOBSTORE_GET_IF_UNMODIFIED = 16, BLOBSTORE_GET_UNVERIFIED = 32, BLOBSTORE_GET_MAX_GAP = 64,
       BLOBSTORE_GET_RESUMABLE = 128 };

/** Range and conditions of a read; NULL = all of it, whatever it is. From two parts on, get, get_into and download_file
 *  of a store with an ETag per object (S3) read several parts at a time; where the bytes are held against a checksum that
 *  is not had from those of parts (SHA, MD5), they come in a row. */
typedef struct blobstore_get_options {
    uint32_t struct_size, flags;
    uint64_t offset, length; /* LENGTH without OFFSET: from the start; past the end: clipped */
    uint64_t suffix_length; /* the last bytes; excludes OFFSET and LENGTH */
    int64_t if_modified_since_ns, if_unmodified_since_ns; /* E_NOT_MODIFIED; E_PRECONDITION */
    blobstore_str if_match, if_none_match; /* ETags as given, or "*"; empty = no condition */
    blobstore_str version; /* empty = the current one */
    blobstore_str sse_customer_key; /* the 32 bytes the object was written with; S3 over TLS only */
    uint64_t part_size; /* of a request of get_ranges too; 0 = 8 MiB, below 4 KiB counts as that */
    uint64_t max_gap; /* get_ranges: shorter gaps are read along; default 1 MiB, 0 reads nothing that nobody wants */
    uint32_t parallel, reserved0; /* requests at a time, up to 256; 0 = 8, get_ranges 10; 1 = one after the other */
    blobstore_str resume; /* download_file: the resume string of an earlier try, to go on with the same object, else E_CHANGED */
    blobstore_str resume_path; /* download_file: keeps it in this file, mode 0600; goes on where there is one, removed when
                                * the file is there. Objects of less than two parts are read anew */
    uint64_t read_ahead; /* reader: bytes fetched before they are asked for, in parts of part_size (0 = read_ahead / parallel,
                          * 64 KiB to 8 MiB), parallel at a time; 0 = none, else at least 64 KiB. The chapter Reader */
} blobstore_get_options;

/** A range of get_ranges, and where it goes. Frozen array element: 32 bytes with 64-bit pointers, 24 with 32-bit ones. */
typedef struct blobstore_range {
    uint64_t offset, length;
    void *dst; /* room for length bytes; NULL with length 0 */
    size_t n; /* out: how many came, fewer where the object ends before */
} blobstore_range;

/** blobstore_put_options.flags. CREATE: only where there is no object, else E_EXISTS. BUCKET_KEY: with aws:kms.
 *  GUESS_TYPE: content type by the key's suffix where none is given. KEEP_ATTRIBUTES, KEEP_TAGS: a copy keeps the
 *  source's although options are given; content type to metadata, or tags, are then to be empty */
enum { BLOBSTORE_PUT_CREATE = 1, BLOBSTORE_PUT_BUCKET_KEY = 2, BLOBSTORE_PUT_GUESS_TYPE = 4,
       BLOBSTORE_PUT_KEEP_ATTRIBUTES = 8, BLOBSTORE_PUT_KEEP_TAGS = 16 };

/** blobstore_put_options.checksum. DEFAULT: what the store does by itself, by its setting "checksum" */
enum { BLOBSTORE_CHECKSUM_DEFAULT = 0, BLOBSTORE_CHECKSUM_CRC32 = 1, BLOBSTORE_CHECKSUM_CRC32C = 2,
       BLOBSTORE_CHECKSUM_CRC64NVME = 3, BLOBSTORE_CHECKSUM_SHA1 = 4, BLOBSTORE_CHECKSUM_SHA256 = 5,
       BLOBSTORE_CHECKSUM_MD5 = 6 };

/** Attributes and conditions of what is written; NULL = none (copy: attributes and tags of the source). What a store
 *  cannot keep is E_UNSUPPORTED: file keeps content type to metadata, and expires; memory keeps all but encryption. */
typedef struct blobstore_put_options {
    uint32_t struct_size, flags;
    blobstore_str content_type, content_encoding, cache_control;
    const blobstore_kv *metadata; /* names are HTTP tokens; S3: at most 2 KiB, what is not ASCII goes percent-encoded */
    size_t metadata_len;
    blobstore_str content_disposition, content_language, expires; /* expires: an HTTP date, or any text */
    blobstore_str if_match; /* only over the object with this ETag ("*": over any); else E_PRECONDITION */
    blobstore_str if_version; /* the same by version; S3 and file: E_UNSUPPORTED */
    blobstore_str storage_class, acl; /* as the service names them: "STANDARD_IA", "public-read"; any text is passed on */
    blobstore_str sse, sse_kms_key_id; /* "AES256", "aws:kms", "aws:kms:dsse"; S3 only */
    blobstore_str sse_customer_key; /* 32 bytes, needed again for each read; S3 over TLS only */
    const blobstore_kv *tags; /* at most 10, names up to 128 and values up to 256 characters */
    size_t tags_len;
    uint64_t size_hint; /* a writer's length where it is known: chooses parts that suffice */
    uint64_t part_size; /* of a large object's parts; 0 = the setting part_size */
    blobstore_str resume; /* upload_file: the resume string of an earlier try, to go on with; else ignored */
    blobstore_str resume_path; /* upload_file: keeps it in this file, mode 0600; goes on where there is one, removed when
                                * the object is there. A failed upload is then not aborted */
    uint32_t parallel; /* parts at the same time; 0 = the setting parallel_parts */
    uint32_t checksum; /* BLOBSTORE_CHECKSUM_*; computed where checksum_value is empty */
    blobstore_str checksum_value; /* base64 of what the bytes must have, else E_CHECKSUM and nothing is written */
} blobstore_put_options;

/** blobstore_list_options.flags. VERSIONS: every version and delete marker of every key, newest first. MARKERS: file
 *  shows its folders as keys that end in "/"; other stores show such keys always. OWNERS: where the service tells.
 *  UNORDERED: with parallel, entries as they come, none twice */
enum { BLOBSTORE_LIST_VERSIONS = 1, BLOBSTORE_LIST_MARKERS = 2, BLOBSTORE_LIST_OWNERS = 4, BLOBSTORE_LIST_UNORDERED = 8 };

/** What a listing shows; NULL = every key of the store. */
typedef struct blobstore_list_options {
    uint32_t struct_size, flags;
    uint32_t page_size; /* at most so many entries a page; 0 = what the service allows most */
    uint32_t parallel; /* 2 to 64: so many requests at the same time, each over a piece of the key space, page_size for
                          each; a page has up to 8 * parallel times that, or none. No delimiter, no VERSIONS. 0 = one */
    blobstore_str prefix; /* bytes, need not end in "/" */
    blobstore_str delimiter; /* "" = every key below the prefix; "/" = one level */
    blobstore_str start_after; /* only keys behind this one */
    blobstore_str page_token; /* from blobstore_page_token, of the same listing */
} blobstore_list_options;

/** blobstore_presign_options.flags */
enum { BLOBSTORE_PRESIGN_SIGNING_TIME = 1 };

/** What a link allows; NULL = GET for 15 minutes. */
typedef struct blobstore_presign_options {
    uint32_t struct_size, flags;
    int64_t expires_ms; /* 0 = 15 min; S3: whole seconds, 1 s to 7 days; file: no effect */
    int64_t signing_time_ns; /* with SIGNING_TIME: makes the link reproducible; else now */
    blobstore_str method; /* GET (default), PUT, HEAD, DELETE */
    const blobstore_kv *headers; /* signed; the user of the link must send them */
    const blobstore_kv *query; /* response-content-type and the like */
    size_t headers_len, query_len;
} blobstore_presign_options;

/** blobstore_post_options.flags */
enum { BLOBSTORE_POST_SIGNING_TIME = 1, BLOBSTORE_POST_ANY_NAME = 2 };

/** What a form allows; NULL = one upload of any size for 15 minutes. */
typedef struct blobstore_post_options {
    uint32_t struct_size, flags; /* ANY_NAME: the form may send any key that begins with this one; as it comes it ends in
                                    "${filename}", which most services replace by the name of the user's file */
    int64_t expires_ms; /* 0 = 15 min; whole seconds, 1 s to 7 days */
    int64_t signing_time_ns; /* with SIGNING_TIME: makes the form reproducible; else now */
    uint64_t min_size, max_size; /* of the file; 0 and 0 = whatever the service takes */
    const blobstore_kv *fields; /* Content-Type, x-amz-meta-*, success_action_status and the like, sent as they are */
    size_t fields_len;
} blobstore_post_options;

/** blobstore_file.flags */
enum { BLOBSTORE_FILE_FD = 1 };

/** A path, or with FILE_FD a descriptor: the caller keeps it open until the call is complete, and closes it. It can
 *  seek, is read or written from its start, and after a download it ends there. */
typedef struct blobstore_file {
    uint32_t struct_size, flags;
    intptr_t fd;
    blobstore_str path;
} blobstore_file;

/** Reads an object or a range of it into a new buffer. Larger than the setting memory_limit: E_TOO_LARGE before the
 *  body is read.
 *  Tags: [any] [blk] [null: options call info err] [own: body info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_buffer **body, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_get.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_get by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: body info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_buffer **body, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_get_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Reads into the caller's memory; *n is the number of bytes. More than cap: E_TOO_LARGE, nothing promised of dst.
 *  Tags: [any] [blk] [null: options call dst info err] [own: info err] [use: key options call dst n]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, size_t *n,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_get_into.
 *  Tags: [any] [nb] [null: options call dst async op err] [own: op err] [use: key options call async] [pin: dst]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_get_into by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call dst info err] [own: info err] [use: url options call dst n]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, size_t *n,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_get_into_url.
 *  Tags: [any] [nb] [null: options call dst async op err] [own: op err] [use: url options call async] [pin: dst]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_into_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, void *dst, size_t cap, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Reads n ranges at once, in any order and overlapping too: near ones share a request, long ones are split, several are
 *  under way at a time, all of them of the same object (E_CHANGED). Each goes to a dst of its own: a place in one buffer
 *  of all, or a buffer by itself, so that ranges that touch scatter one request over many. One that starts behind the end
 *  of the object is E_RANGE, one that no object can have E_INVALID_ARGUMENT; both name its index. After a failure every n
 *  is 0 and nothing is promised of any dst. options has no range of its own.
 *  Tags: [any] [blk] [null: options call ranges info err] [own: info err] [use: key options call ranges]
 *  Codes: E_RANGE, E_CHANGED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_ranges(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_range *ranges, size_t n, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_get_ranges.
 *  Tags: [any] [nb] [null: options call ranges async op err] [own: op err] [use: key options call async] [pin: ranges]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_ranges_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_range *ranges, size_t n, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_get_ranges by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call ranges info err] [own: info err] [use: url options call ranges]
 *  Codes: E_RANGE, E_CHANGED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_ranges_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_range *ranges, size_t n,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_get_ranges_url.
 *  Tags: [any] [nb] [null: options call ranges async op err] [own: op err] [use: url options call async] [pin: ranges]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_get_ranges_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, blobstore_range *ranges, size_t n,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Writes a whole object, replacing one of the same key.
 *  Tags: [any] [blk] [null: data options call info err] [own: info err] [use: key data options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put(blobstore_store *store, const char *key, size_t key_len, const void
    *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_put.
 *  Tags: [any] [nb] [null: data options call async op err] [own: op err] [use: key options call async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_async(blobstore_store *store, const char *key, size_t key_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_put by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: data options call info err] [own: info err] [use: url data options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_url(blobstore_client *client, const char *url, size_t url_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_put_url.
 *  Tags: [any] [nb] [null: data options call async op err] [own: op err] [use: url options call async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_url_async(blobstore_client *client, const char *url, size_t
    url_len, const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Writes a whole object from a buffer, of which the call keeps a reference; its bytes must not change meanwhile.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_buffer(blobstore_store *store, const char *key, size_t key_len,
    blobstore_buffer *body, const blobstore_put_options *options, const blobstore_call *call, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_put_buffer.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async] [pin: body]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_put_buffer_async(blobstore_store *store, const char *key, size_t
    key_len, blobstore_buffer *body, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** What is known of an object, without its bytes. Ranges are E_INVALID_ARGUMENT here.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_head.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_head by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error
    **err);

/** Submits blobstore_head_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_head_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Removes an object; one that is missing is no error.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: key call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_call *call, blobstore_error **err);

/** Submits blobstore_delete.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: key call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_delete by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: url call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_delete_url.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: url call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** Copies an object of any size: on the server where both ends are one service, above the setting copy_threshold in parts
 *  (E_CHANGED where the source does meanwhile); else streamed. options NULL keeps attributes and tags, else they are
 *  replaced.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: source_key key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy(blobstore_store *source, const char *source_key, size_t
    source_key_len, blobstore_store *store, const char *key, size_t key_len, const blobstore_put_options
    *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_copy.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: source_key key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_async(blobstore_store *source, const char *source_key, size_t
    source_key_len, blobstore_store *store, const char *key, size_t key_len, const blobstore_put_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** blobstore_copy by object URLs.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: source_url url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_url(blobstore_client *client, const char *source_url, size_t
    source_url_len, const char *url, size_t url_len, const blobstore_put_options *options, const blobstore_call
    *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_copy_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: source_url url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_url_async(blobstore_client *client, const char *source_url, size_t
    source_url_len, const char *url, size_t url_len, const blobstore_put_options *options, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Removes any number of objects; results[i] is the status of keys[i], E_CANCELLED where it was not tried. The status
 *  of the call is the first failure, or OK.
 *  Tags: [any] [blk] [null: keys call results err] [own: err] [use: keys call results]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_many(blobstore_store *store, const blobstore_str *keys, size_t
    n, const blobstore_call *call, blobstore_status *results, blobstore_error **err);

/** Submits blobstore_delete_many.
 *  Tags: [any] [nb] [null: keys call results async op err] [own: op err] [use: keys call async] [pin: results]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_many_async(blobstore_store *store, const blobstore_str *keys,
    size_t n, const blobstore_call *call, blobstore_status *results, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** flags of blobstore_delete_prefix. DRY_RUN: nothing is removed, only counted. EVERYTHING: an empty prefix is meant */
enum { BLOBSTORE_DELETE_DRY_RUN = 1, BLOBSTORE_DELETE_EVERYTHING = 2 };

/** Removes every object whose key begins with prefix ("" only with EVERYTHING), in batches; keys that fail for a reason
 *  that passes are tried again, alone. *deleted: how many; a key that was gone already counts. *left: the keys that are
 *  still there, each with its status in its view; NULL where all went. Both are filled also where the call fails: its
 *  status is the first failure. With 1,000 keys that failed it ends.
 *  Tags: [any] [blk] [null: prefix call deleted left err] [own: left err] [use: prefix call deleted]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_prefix(blobstore_store *store, const char *prefix, size_t prefix_len,
    uint32_t flags, const blobstore_call *call, uint64_t *deleted, blobstore_page **left, blobstore_error **err);

/** Submits blobstore_delete_prefix. The count is blobstore_op_bytes, the keys that are left blobstore_op_take_page; both
 *  also where the call fails.
 *  Tags: [any] [nb] [null: prefix call async op err] [own: op err] [use: prefix call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_prefix_async(blobstore_store *store, const char *prefix, size_t
    prefix_len, uint32_t flags, const blobstore_call *call, const blobstore_async *async, blobstore_op **op,
    blobstore_error **err);

/** One page of a listing in key order (bytes). The next page is the same call with options.page_token set to
 *  blobstore_page_token of this one.
 *  Tags: [any] [blk] [null: options call err] [own: page err] [use: options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_list(blobstore_store *store, const blobstore_list_options *options,
    const blobstore_call *call, blobstore_page **page, blobstore_error **err);

/** Submits blobstore_list.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_list_async(blobstore_store *store, const blobstore_list_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

/** A link that works without credentials until it expires, NUL-terminated. file: the file URI, which serves those who
 *  share the file system; it never expires, so expires_ms, method and signing time are checked and then have no effect,
 *  and headers or query are E_UNSUPPORTED. memory: E_UNSUPPORTED.
 *  Tags: [any] [blk] [null: options call err] [own: link err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_presign_options *options, const blobstore_call *call, blobstore_buffer **link, blobstore_error
    **err);

/** Submits blobstore_presign.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_presign_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_presign by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call err] [own: link err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_presign_options *options, const blobstore_call *call, blobstore_buffer **link,
    blobstore_error **err);

/** Submits blobstore_presign_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_presign_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** A form by which a browser uploads an object without credentials until it expires (S3 POST policy): JSON text
 *  {"url": ..., "fields": {name: value, ...}}, NUL-terminated. The form is sent as multipart/form-data with all fields as
 *  they are and the content last, as the field "file". file, memory: E_UNSUPPORTED.
 *  Tags: [any] [blk] [null: options call err] [own: form err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_post(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_post_options *options, const blobstore_call *call, blobstore_buffer **form, blobstore_error
    **err);

/** Submits blobstore_presign_post.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_post_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_post_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_presign_post by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call err] [own: form err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_post_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_post_options *options, const blobstore_call *call, blobstore_buffer **form,
    blobstore_error **err);

/** Submits blobstore_presign_post_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_presign_post_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_post_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Writes an object from a file in bounded memory. A file that changes meanwhile is E_CHANGED.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key file options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_upload_file.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key file options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_upload_file by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url file options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_upload_file_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url file options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_file_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_file *file, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Reads an object into a file in bounded memory: under its final name only when whole.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options file call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_download_file.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options file call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_download_file by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options file call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_download_file_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options file call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_download_file_url_async(blobstore_client *client, const char *url,
    size_t url_len, const blobstore_get_options *options, const blobstore_file *file, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);


/* ---- Uploads in parts, led by the caller. For one object in one call: put, upload_file, a writer ---- */

/** A good part size for an object of so many bytes: the larger of 8 MiB and total/9000 rounded up to MiB, at most 5 GiB.
 *  Tags: [any] [nb]
 *  Since: 0.1.0 */
BLOBSTORE_FN(uint64_t) blobstore_optimal_part_size(uint64_t total);

/** Begins an upload. Its token is text for the calls below, also in another process; it may hold an SSE-C key, so it is
 *  kept as a secret. Nothing is to be seen under the key until the upload is completed.
 *  Tags: [any] [blk] [null: options call err] [own: token err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_create(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_put_options *options, const blobstore_call *call, blobstore_buffer **token, blobstore_error
    **err);

/** Submits blobstore_upload_create.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_create_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Puts part number, 1 and up; one of the same number is replaced. S3: 1 to 10,000, each but the last at least 5 MiB.
 *  The receipt is text that completing wants.
 *  Tags: [any] [blk] [null: data call err] [own: receipt err] [use: token data call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_part(blobstore_store *store, const char *token, size_t token_len,
    uint32_t number, const void *data, size_t len, const blobstore_call *call, blobstore_buffer **receipt,
    blobstore_error **err);

/** Submits blobstore_upload_part.
 *  Tags: [any] [nb] [null: data call async op err] [own: op err] [use: token call async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_part_async(blobstore_store *store, const char *token, size_t
    token_len, uint32_t number, const void *data, size_t len, const blobstore_call *call, const blobstore_async
    *async, blobstore_op **op, blobstore_error **err);

/** Makes a part of an object or of a range of it (offset and length), within the service where that can, else through
 *  here; what->if_match holds for the source.
 *  Tags: [any] [blk] [null: what call err] [own: receipt err] [use: token source_key what call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_part_copy(blobstore_store *store, const char *token, size_t
    token_len, uint32_t number, blobstore_store *source, const char *source_key, size_t source_key_len, const
    blobstore_get_options *what, const blobstore_call *call, blobstore_buffer **receipt, blobstore_error **err);

/** Submits blobstore_upload_part_copy.
 *  Tags: [any] [nb] [null: what call async op err] [own: op err] [use: token source_key what call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_part_copy_async(blobstore_store *store, const char *token, size_t
    token_len, uint32_t number, blobstore_store *source, const char *source_key, size_t source_key_len, const
    blobstore_get_options *what, const blobstore_call *call, const blobstore_async *async, blobstore_op **op,
    blobstore_error **err);

/** The parts that are there, all in one page: key is the number, etag the receipt.
 *  Tags: [any] [blk] [null: call err] [own: page err] [use: token call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_list_parts(blobstore_store *store, const char *token, size_t
    token_len, const blobstore_call *call, blobstore_page **page, blobstore_error **err);

/** Submits blobstore_upload_list_parts.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: token call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_list_parts_async(blobstore_store *store, const char *token, size_t
    token_len, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** A link by which anyone may PUT the part until it expires. The ETag that its answer carries is the receipt.
 *  Tags: [any] [blk] [null: options call err] [own: link err] [use: token options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_presign_part(blobstore_store *store, const char *token, size_t
    token_len, uint32_t number, const blobstore_presign_options *options, const blobstore_call *call,
    blobstore_buffer **link, blobstore_error **err);

/** Submits blobstore_upload_presign_part.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: token options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_presign_part_async(blobstore_store *store, const char *token, size_t
    token_len, uint32_t number, const blobstore_presign_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Makes the object of parts: key is the number in decimal, value the receipt, or empty where the caller does not have
 *  it. Numbers ascend. The conditions that were given at create hold now.
 *  Tags: [any] [blk] [null: call info err] [own: info err] [use: token parts call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_complete(blobstore_store *store, const char *token, size_t
    token_len, const blobstore_kv *parts, size_t n, const blobstore_call *call, blobstore_object **info,
    blobstore_error **err);

/** Submits blobstore_upload_complete.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: token parts call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_complete_async(blobstore_store *store, const char *token, size_t
    token_len, const blobstore_kv *parts, size_t n, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Ends the upload; its parts are gone. E_UPLOAD_NOT_FOUND where there is none.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: token call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_abort(blobstore_store *store, const char *token, size_t token_len,
    const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_upload_abort.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: token call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_upload_abort_async(blobstore_store *store, const char *token, size_t
    token_len, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Uploads begun and not ended, of keys with options.prefix: version is the token, the modified time when it was begun.
 *  No other option but page_token counts.
 *  Tags: [any] [blk] [null: options call err] [own: page err] [use: options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_uploads_list(blobstore_store *store, const blobstore_list_options *options,
    const blobstore_call *call, blobstore_page **page, blobstore_error **err);

/** Submits blobstore_uploads_list.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_uploads_list_async(blobstore_store *store, const blobstore_list_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Aborts every such upload begun longer ago than older_than_ms; *aborted is how many.
 *  Tags: [any] [blk] [null: prefix call aborted err] [own: err] [use: prefix call aborted]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_uploads_abort(blobstore_store *store, const char *prefix, size_t
    prefix_len, int64_t older_than_ms, const blobstore_call *call, uint64_t *aborted, blobstore_error **err);

/** Submits blobstore_uploads_abort. The count is blobstore_op_bytes.
 *  Tags: [any] [nb] [null: prefix call async op err] [own: op err] [use: prefix call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_uploads_abort_async(blobstore_store *store, const char *prefix, size_t
    prefix_len, int64_t older_than_ms, const blobstore_call *call, const blobstore_async *async, blobstore_op **op,
    blobstore_error **err);


/* ---- Pages: borrowed strings, no call per entry ---- */

/** The number of entries.
 *  Tags: [any] [nb] [null: page]
 *  Since: 0.1.0 */
BLOBSTORE_FN(size_t) blobstore_page_len(const blobstore_page *page);

/** Copies views of the entries from number first on to out[0], out[1] and so on, at most n, and returns how many: fewer
 *  than n where the page ends, 0 behind it. stride is the distance between two views in bytes, the caller's
 *  sizeof(blobstore_object_view); struct_size need not be set before and is stride after. A common prefix is an entry
 *  with flag IS_PREFIX, its text in key. Listings tell no metadata.
 *  Tags: [any] [nb] [null: page out] [bor: out of page]
 *  Since: 0.1.0 */
BLOBSTORE_FN(size_t) blobstore_page_get(const blobstore_page *page, size_t first, blobstore_object_view *out,
    size_t stride, size_t n);

/** Where the next page begins, to be given as blobstore_list_options.page_token with the same prefix and delimiter; ""
 *  (*len 0) when this page is the last. Text without state: it may be stored and used by another client or process.
 *  Tags: [any] [nb] [null: page len] [bor: return of page] [use: len]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_page_token(const blobstore_page *page, size_t *len);

/** Frees the page and all views of it.
 *  Tags: [any] [nb] [null: page] [take: page]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_page_free(blobstore_page *page);


/* ---- Reader: a streaming read, pinned to one ETag. One that breaks off goes on where it was, on a new connection,
 * within the attempts of the call, which count anew after each MiB; without a strong ETag it fails instead.
 * With read_ahead the first read begins to fetch what follows, in the background, from stores with an ETag per object
 * (S3): at most so many bytes are held or on their way, of at most half the memory_budget (short of it, or without an
 * ETag, it reads as without). A failure comes where its bytes would; what was fetched is dropped then, and by a seek
 * to where nothing is held ---- */

/** Opens a streaming read of an object or a range of it.
 *  Tags: [any] [blk] [null: options call err] [own: out err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_reader **out, blobstore_error
    **err);

/** Submits blobstore_reader_open.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_reader_open by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call err] [own: out err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, blobstore_reader **out,
    blobstore_error **err);

/** Submits blobstore_reader_open_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_open_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Reads at least one byte and at most cap; OK with *n == 0 is the end.
 *  Tags: [1t] [blk] [null: dst err] [own: err] [use: dst n]
 *  Codes: E_INVALID_STATE (a call is running), E_CHANGED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_read(blobstore_reader *reader, void *dst, size_t cap, size_t *n,
    blobstore_error **err);

/** Submits blobstore_reader_read.
 *  Tags: [1t] [nb] [null: dst async op err] [own: op err] [use: async] [pin: dst]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_read_async(blobstore_reader *reader, void *dst, size_t cap,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** The next bytes, at most max, as a buffer; OK with NULL is the end.
 *  Tags: [1t] [blk] [null: err] [own: chunk err]
 *  Codes: E_INVALID_STATE (a call is running), E_CHANGED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_next(blobstore_reader *reader, size_t max, blobstore_buffer
    **chunk, blobstore_error **err);

/** Submits blobstore_reader_next.
 *  Tags: [1t] [nb] [null: async op err] [own: op err] [use: async]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_next_async(blobstore_reader *reader, size_t max, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** The next read starts at offset, counted from the start of what was opened; past the end reads nothing.
 *  Tags: [1t] [nb] [null: err] [own: err]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_CLOSED, E_FORKED
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_seek(blobstore_reader *reader, uint64_t offset, blobstore_error
    **err);

/** What is known of the object being read.
 *  Tags: [any] [nb] [null: none] [bor: out of reader]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_reader_object(const blobstore_reader *reader, blobstore_object_view
    *out);

/** Ends the read, at once and without I/O; a running call on it is cancelled.
 *  Tags: [any] [nb] [null: reader] [take: reader]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_reader_free(blobstore_reader *reader);


/* ---- Writer: a streaming write of unknown length; only finish commits ---- */

/** Opens a streaming write. Little becomes one PUT, more an upload in parts side by side, decided as it comes; conditions
 *  hold at finish. No I/O. limits of call, and its token, hold for every write.
 *  Tags: [any] [blk] [null: options call err] [own: out err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_open(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_put_options *options, const blobstore_call *call, blobstore_writer **out, blobstore_error **err);

/** Submits blobstore_writer_open.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_open_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_writer_open by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call err] [own: out err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_open_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_put_options *options, const blobstore_call *call, blobstore_writer **out, blobstore_error
    **err);

/** Submits blobstore_writer_open_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_open_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Takes all of the bytes, or fails; then the writer is only to be freed. It comes back when they are copied, which waits
 *  while too many parts are on their way or the memory_budget is short (E_STALLED after the stall timeout).
 *  Tags: [1t] [blk] [null: data err] [own: err] [use: data]
 *  Codes: E_INVALID_STATE (a call is running, or it is finished), E_TOO_LARGE, E_STALLED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_write(blobstore_writer *writer, const void *data, size_t len,
    blobstore_error **err);

/** Submits blobstore_writer_write; COMPLETE says that the next may come.
 *  Tags: [1t] [nb] [null: data async op err] [own: op err] [use: async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_write_async(blobstore_writer *writer, const void *data, size_t len,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_writer_write of a buffer, which the library keeps until it has its bytes.
 *  Tags: [1t] [blk] [null: err] [own: err]
 *  Codes: E_INVALID_STATE (a call is running, or it is finished), E_TOO_LARGE, E_STALLED, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_write_buffer(blobstore_writer *writer, blobstore_buffer *data,
    blobstore_error **err);

/** Submits blobstore_writer_write_buffer.
 *  Tags: [1t] [nb] [null: async op err] [own: op err] [use: async]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_write_buffer_async(blobstore_writer *writer, blobstore_buffer *data,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** The commit. The object is there, whole, or the call fails and nothing is to be seen of it (but see OUTCOME_UNKNOWN).
 *  Tags: [1t] [blk] [null: info err] [own: info err]
 *  Codes: E_INVALID_STATE (a call is running, or it is finished), all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_finish(blobstore_writer *writer, blobstore_object **info,
    blobstore_error **err);

/** Submits blobstore_writer_finish.
 *  Tags: [1t] [nb] [null: async op err] [own: op err] [use: async]
 *  Codes: E_INVALID_ARGUMENT, E_INVALID_STATE, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_writer_finish_async(blobstore_writer *writer, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Ends the writer, at once and without I/O; a running call on it is cancelled. Unfinished it commits nothing: an upload
 *  that was begun is aborted behind it.
 *  Tags: [any] [nb] [null: writer] [take: writer]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_writer_free(blobstore_writer *writer);


/* ---- Conditions, attributes, versions: what goes on beside put, get and delete ---- */

/** blobstore_delete_options.flags. BYPASS_GOVERNANCE: past a retention, where the caller may */
enum { BLOBSTORE_DELETE_BYPASS_GOVERNANCE = 1 };

/** Which object a delete removes; NULL = the current one, whatever it is. */
typedef struct blobstore_delete_options {
    uint32_t struct_size, flags;
    blobstore_str if_match; /* only this ETag, or "*"; else E_PRECONDITION */
    blobstore_str if_version; /* the same by version; S3 and file: E_UNSUPPORTED */
    blobstore_str version; /* this one, for good; excludes the two above */
} blobstore_delete_options;

/** How an archived object is to come back; NULL = for a day, as the service does it. */
typedef struct blobstore_restore_options {
    uint32_t struct_size, flags; /* flags: none yet */
    uint32_t days, reserved0; /* 0 = 1 */
    blobstore_str tier; /* "Standard", "Bulk", "Expedited" */
    blobstore_str version;
} blobstore_restore_options;

/** Removes an object on a condition, or one version of it for good. *info tells the version that was removed, or the
 *  delete marker that was made. A missing object is no error without a condition, else E_PRECONDITION.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_with(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_delete_options *options, const blobstore_call *call, blobstore_object **info,
    blobstore_error **err);

/** Submits blobstore_delete_with.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_with_async(blobstore_store *store, const char *key, size_t
    key_len, const blobstore_delete_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_delete_with by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_with_url(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_delete_options *options, const blobstore_call *call, blobstore_object **info,
    blobstore_error **err);

/** Submits blobstore_delete_with_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_delete_with_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_delete_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_copy of one version of the source, or on conditions on it, of which each that does not hold is
 *  E_PRECONDITION. A range is E_INVALID_ARGUMENT.
 *  Tags: [any] [blk] [null: options source_options call info err] [own: info err] [use: source_key key source_options
 *        options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_with(blobstore_store *source, const char *source_key, size_t
    source_key_len, const blobstore_get_options *source_options, blobstore_store *store, const char *key, size_t
    key_len, const blobstore_put_options *options, const blobstore_call *call, blobstore_object **info,
    blobstore_error **err);

/** Submits blobstore_copy_with.
 *  Tags: [any] [nb] [null: options source_options call async op err] [own: op err] [use: source_key key source_options
 *        options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_with_async(blobstore_store *source, const char *source_key, size_t
    source_key_len, const blobstore_get_options *source_options, blobstore_store *store, const char *key, size_t
    key_len, const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** blobstore_copy_with by object URLs.
 *  Tags: [any] [blk] [null: options source_options call info err] [own: info err] [use: source_url url source_options
 *        options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_with_url(blobstore_client *client, const char *source_url, size_t
    source_url_len, const blobstore_get_options *source_options, const char *url, size_t url_len, const
    blobstore_put_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_copy_with_url.
 *  Tags: [any] [nb] [null: options source_options call async op err] [own: op err] [use: source_url url source_options
 *        options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_copy_with_url_async(blobstore_client *client, const char *source_url,
    size_t source_url_len, const blobstore_get_options *source_options, const char *url, size_t url_len, const
    blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op,
    blobstore_error **err);

/** Gives an object another key of the same store; options are CREATE, if_match or if_version, of what has that key.
 *  file and memory: at once. S3: a copy, then a delete of the source; where the delete fails the error has
 *  OUTCOME_UNKNOWN and both may be there.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: source_key key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_rename(blobstore_store *store, const char *source_key, size_t
    source_key_len, const char *key, size_t key_len, const blobstore_put_options *options, const blobstore_call
    *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_rename.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: source_key key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_rename_async(blobstore_store *store, const char *source_key, size_t
    source_key_len, const char *key, size_t key_len, const blobstore_put_options *options, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Adds bytes behind those of an object, or writes it with the attributes of options where there is none. Readers see
 *  all of it or nothing. S3: E_UNSUPPORTED.
 *  Tags: [any] [blk] [null: data options call info err] [own: info err] [use: key data options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_append(blobstore_store *store, const char *key, size_t key_len, const
    void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, blobstore_object
    **info, blobstore_error **err);

/** Submits blobstore_append.
 *  Tags: [any] [nb] [null: data options call async op err] [own: op err] [use: key options call async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_append_async(blobstore_store *store, const char *key, size_t key_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_append by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: data options call info err] [own: info err] [use: url data options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_append_url(blobstore_client *client, const char *url, size_t url_len,
    const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    blobstore_object **info, blobstore_error **err);

/** Submits blobstore_append_url.
 *  Tags: [any] [nb] [null: data options call async op err] [own: op err] [use: url options call async] [pin: data]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_append_url_async(blobstore_client *client, const char *url, size_t
    url_len, const void *data, size_t len, const blobstore_put_options *options, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Replaces attributes and tags of an object, not its bytes; with KEEP_ATTRIBUTES and KEEP_TAGS only what else is
 *  given, such as storage_class. What is not given of storage_class, sse and keys stays.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_update(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_put_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_update.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_update_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_update by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_update_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_put_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error
    **err);

/** Submits blobstore_update_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_update_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_put_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** The tags of an object or of a version, in blobstore_object_view.tags. Of options only version counts.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_get(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_tags_get.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_get_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_tags_get by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_get_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error
    **err);

/** Submits blobstore_tags_get_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_get_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Replaces all tags of an object or of a version; n 0 removes them. Of options only version counts.
 *  Tags: [any] [blk] [null: tags options call err] [own: err] [use: key tags options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_set(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_kv *tags, size_t n, const blobstore_get_options *options, const blobstore_call *call,
    blobstore_error **err);

/** Submits blobstore_tags_set.
 *  Tags: [any] [nb] [null: tags options call async op err] [own: op err] [use: key tags options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_set_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_kv *tags, size_t n, const blobstore_get_options *options, const blobstore_call *call, const
    blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** blobstore_tags_set by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: tags options call err] [own: err] [use: url tags options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_set_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_kv *tags, size_t n, const blobstore_get_options *options, const blobstore_call *call,
    blobstore_error **err);

/** Submits blobstore_tags_set_url.
 *  Tags: [any] [nb] [null: tags options call async op err] [own: op err] [use: url tags options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_tags_set_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_kv *tags, size_t n, const blobstore_get_options *options, const blobstore_call
    *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** What the service knows of an object beyond blobstore_head, such as the number of its parts (S3:
 *  GetObjectAttributes); other stores answer as blobstore_head. Ranges and conditions are E_INVALID_ARGUMENT.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_inspect(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_inspect.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_inspect_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** blobstore_inspect by object URL: behind the first "/" after the authority all is the key, nothing decoded.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: url options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_inspect_url(blobstore_client *client, const char *url, size_t url_len,
    const blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error
    **err);

/** Submits blobstore_inspect_url.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: url options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_CONFIG, E_UNSUPPORTED, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_inspect_url_async(blobstore_client *client, const char *url, size_t
    url_len, const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Removes the delete markers that hide an object of a store with versions; E_NOT_FOUND where none does.
 *  Tags: [any] [blk] [null: call info err] [own: info err] [use: key call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_undelete(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_undelete.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: key call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_undelete_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Asks for a readable copy of an archived object; asked for again while it is on its way is OK. blobstore_head tells
 *  in restore how far it is.
 *  Tags: [any] [blk] [null: options call err] [own: err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_restore(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_restore_options *options, const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_restore.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_restore_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_restore_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);


/* ---- Admin: what a service enforces, locks of objects, buckets ---- */

/** What blobstore_store_supports is asked. CREATE, UPDATE: conditions of puts; DELETE_IF: of deletes; COPY_IF: of what a
 *  copy replaces; RENAME: at once. Conditions that are not known to be enforced are E_UNSUPPORTED */
enum { BLOBSTORE_CAN_CREATE = 1, BLOBSTORE_CAN_UPDATE = 2, BLOBSTORE_CAN_DELETE_IF = 3, BLOBSTORE_CAN_RENAME = 4,
       BLOBSTORE_CAN_APPEND = 5, BLOBSTORE_CAN_VERSIONS = 6, BLOBSTORE_CAN_TAGS = 7, BLOBSTORE_CAN_LOCK = 8,
       BLOBSTORE_CAN_RESTORE = 9, BLOBSTORE_CAN_CUSTOMER_KEY = 10, BLOBSTORE_CAN_COPY_IF = 11 };

/** 1 if the store does it, 0 if not, -1 if that is not known until blobstore_store_probe has run. No I/O.
 *  Tags: [any] [nb] [null: store]
 *  Since: 0.1.0 */
BLOBSTORE_FN(int32_t) blobstore_store_supports(const blobstore_store *store, uint32_t what);

/** blobstore_lock_options.flags: which fields count; LEGAL_HOLD sets the hold, NO_LEGAL_HOLD lifts it */
enum { BLOBSTORE_LOCK_RETENTION = 1, BLOBSTORE_LOCK_LEGAL_HOLD = 2, BLOBSTORE_LOCK_NO_LEGAL_HOLD = 4,
       BLOBSTORE_LOCK_BYPASS_GOVERNANCE = 8 };

/** What keeps an object from being deleted. */
typedef struct blobstore_lock_options {
    uint32_t struct_size, flags;
    int64_t retain_until_ns; /* with RETENTION */
    blobstore_str mode; /* with RETENTION: "GOVERNANCE" or "COMPLIANCE" */
    blobstore_str version; /* empty = the current one */
} blobstore_lock_options;

/** blobstore_bucket_options.flags. VERSIONS: keeps every version; LOCKS: objects can be locked, with versions */
enum { BLOBSTORE_BUCKET_VERSIONS = 1, BLOBSTORE_BUCKET_LOCKS = 2 };

/** What a bucket is created with; NULL = the service's defaults. */
typedef struct blobstore_bucket_options {
    uint32_t struct_size, flags;
    blobstore_str region; /* empty = that of the store */
    blobstore_str acl;
} blobstore_bucket_options;

/** Finds out what blobstore_store_supports does not know, by about ten requests on a key of its own beneath the
 *  prefix, which it removes. All stores of the client on that endpoint and bucket know it then.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_store_probe(blobstore_store *store, const blobstore_call *call,
    blobstore_error **err);

/** Submits blobstore_store_probe.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_store_probe_async(blobstore_store *store, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** Retention and legal hold of an object or of a version: lock_mode, retain_until_ns and LEGAL_HOLD. Of options only
 *  version counts.
 *  Tags: [any] [blk] [null: options call info err] [own: info err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_lock_get(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_get_options *options, const blobstore_call *call, blobstore_object **info, blobstore_error **err);

/** Submits blobstore_lock_get.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_lock_get_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_get_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** Sets retention, legal hold or both of an object or of a version.
 *  Tags: [any] [blk] [null: options call err] [own: err] [use: key options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_lock_set(blobstore_store *store, const char *key, size_t key_len, const
    blobstore_lock_options *options, const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_lock_set.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: key options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_lock_set_async(blobstore_store *store, const char *key, size_t key_len,
    const blobstore_lock_options *options, const blobstore_call *call, const blobstore_async *async,
    blobstore_op **op, blobstore_error **err);

/** Creates the bucket that the store names; file: its root folder. E_EXISTS where there is one. memory: E_UNSUPPORTED,
 *  it is there.
 *  Tags: [any] [blk] [null: options call err] [own: err] [use: options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_create(blobstore_store *store, const blobstore_bucket_options
    *options, const blobstore_call *call, blobstore_error **err);

/** Submits blobstore_bucket_create.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_create_async(blobstore_store *store, const
    blobstore_bucket_options *options, const blobstore_call *call, const blobstore_async *async, blobstore_op
    **op, blobstore_error **err);

/** Deletes the bucket that the store names; E_CONFLICT while it has objects.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_delete(blobstore_store *store, const blobstore_call *call,
    blobstore_error **err);

/** Submits blobstore_bucket_delete.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_delete_async(blobstore_store *store, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** OK where the bucket exists and may be used, else E_STORE_NOT_FOUND.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_exists(blobstore_store *store, const blobstore_call *call,
    blobstore_error **err);

/** Submits blobstore_bucket_exists.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_exists_async(blobstore_store *store, const blobstore_call *call,
    const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** With 1 the bucket keeps every version from now on, with 0 no more new ones. file: E_UNSUPPORTED.
 *  Tags: [any] [blk] [null: call err] [own: err] [use: call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_versioning(blobstore_store *store, int32_t on, const
    blobstore_call *call, blobstore_error **err);

/** Submits blobstore_bucket_versioning.
 *  Tags: [any] [nb] [null: call async op err] [own: op err] [use: call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_versioning_async(blobstore_store *store, int32_t on, const
    blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error **err);

/** One page of the buckets of the account: names as keys, creation as modified_ns. Of options prefix, page_size and
 *  page_token count. file: E_UNSUPPORTED.
 *  Tags: [any] [blk] [null: options call err] [own: page err] [use: options call]
 *  Codes: all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_list(blobstore_store *store, const blobstore_list_options
    *options, const blobstore_call *call, blobstore_page **page, blobstore_error **err);

/** Submits blobstore_bucket_list.
 *  Tags: [any] [nb] [null: options call async op err] [own: op err] [use: options call async]
 *  Codes: E_INVALID_ARGUMENT, E_VERSION, E_AGAIN, E_CLOSED, E_FORKED, E_NO_MEMORY
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_bucket_list_async(blobstore_store *store, const blobstore_list_options
    *options, const blobstore_call *call, const blobstore_async *async, blobstore_op **op, blobstore_error
    **err);

#ifdef __cplusplus
}
#endif
#endif
