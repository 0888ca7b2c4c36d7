/* A tour of libblobstore in C. usage: example STORE_URL. SPDX-License-Identifier: Apache-2.0
 * cc example.c $(pkg-config --cflags --libs blobstore) -o example */
#define _POSIX_C_SOURCE 200809L
#include <blobstore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GETS 100

static const char hello[] = "hello, blobstore\n";

static void check(const char* step, blobstore_status status, blobstore_error* err) {
    if (status == BLOBSTORE_OK) return;
    printf("%s: %s\n", step, blobstore_status_name(status));
    fprintf(stderr, "%s\n", blobstore_error_message(err));
    exit(1);
}

static blobstore_str str(const char* text) {
    blobstore_str s = {text, strlen(text)};
    return s;
}

static void put(blobstore_store* store, const char* key, const char* text) {
    blobstore_kv origin = {str("origin"), str("example")};
    blobstore_put_options options = {.struct_size = sizeof options};
    options.content_type = str("text/plain");
    options.metadata = &origin;
    options.metadata_len = 1;
    blobstore_error* err = NULL;
    check(
        "put",
        blobstore_put(store, key, strlen(key), text, strlen(text), &options, NULL, NULL, &err),
        err
    );
}

static void head(blobstore_store* store, const char* key) {
    blobstore_object* info = NULL;
    blobstore_error* err = NULL;
    check("head", blobstore_head(store, key, strlen(key), NULL, NULL, &info, &err), err);
    blobstore_object_view view = {.struct_size = sizeof view};
    check("head", blobstore_object_get(info, &view), NULL);
    printf("head: %llu bytes, %s", (unsigned long long)view.size, view.content_type.ptr);
    for (size_t i = 0; i < view.metadata_len; i++)
        printf(", %s=%s", view.metadata[i].key.ptr, view.metadata[i].value.ptr);
    printf("\n");
    blobstore_object_free(info);
}

static void
get(blobstore_store* store, const char* step, const char* key, const blobstore_get_options* options
) {
    blobstore_buffer* body = NULL;
    blobstore_error* err = NULL;
    check(step, blobstore_get(store, key, strlen(key), options, NULL, &body, NULL, &err), err);
    printf("%s: %s", step, (char*)blobstore_buffer_data(body, NULL));
    blobstore_buffer_free(body);
}

static void list(blobstore_store* store) {
    blobstore_list_options options = {.struct_size = sizeof options};
    options.prefix = str("demo/");
    options.delimiter = str("/");
    blobstore_page* page = NULL;
    blobstore_error* err = NULL;
    check("list", blobstore_list(store, &options, NULL, &page, &err), err);
    size_t n = blobstore_page_len(page);
    printf("list:%s", n == 0 ? " empty" : "");
    for (size_t i = 0; i < n; i++) {
        blobstore_object_view view = {.struct_size = sizeof view};
        blobstore_page_get(page, i, &view, sizeof view, 1);
        printf(" %s", view.key.ptr);
    }
    printf("\n");
    blobstore_page_free(page);
}

/* The link of a file store begins with the store's root, which differs from run to run. */
static void print_link(const char* url, const char* link) {
    size_t root = strcspn(url, "?");
    while (root > 0 && url[root - 1] == '/')
        root--;
    if (strncmp(url, "file://", 7) == 0 && strncmp(url, link, root) == 0)
        printf("presign: file://<root>%s\n", link + root);
    else
        printf("presign: %s\n", link);
}

static void presign(blobstore_store* store, const char* url, const char* key) {
    blobstore_presign_options options = {.struct_size = sizeof options};
    options.flags = BLOBSTORE_PRESIGN_SIGNING_TIME;
    options.signing_time_ns = INT64_C(1767323045) * 1000000000; /* 2026-01-02T03:04:05Z */
    options.expires_ms = 900 * 1000;
    blobstore_buffer* link = NULL;
    blobstore_error* err = NULL;
    blobstore_status status =
        blobstore_presign(store, key, strlen(key), &options, NULL, &link, &err);
    if (status == BLOBSTORE_E_UNSUPPORTED) {
        printf("presign: unsupported\n");
        blobstore_error_free(err);
        return;
    }
    check("presign", status, err);
    print_link(url, blobstore_buffer_data(link, NULL));
    blobstore_buffer_free(link);
}

/* 100 gets at once; the queue gives their ends back in batches. */
static void get_hundred(blobstore_store* store, const char* key) {
    blobstore_queue* queue = NULL;
    blobstore_error* err = NULL;
    check("gets", blobstore_queue_new(0, &queue, &err), err);
    blobstore_async async = {.struct_size = sizeof async};
    async.queue = queue;
    for (int i = 0; i < GETS; i++) {
        async.user_data = (uint64_t)i;
        check(
            "gets",
            blobstore_get_async(store, key, strlen(key), NULL, NULL, &async, NULL, &err),
            err
        );
    }
    int right = 0;
    for (size_t done = 0, n = 0; done < GETS; done += n) {
        blobstore_event events[16];
        check("gets", blobstore_queue_poll(queue, events, 16, 60000, &n), NULL);
        for (size_t i = 0; i < n; i++) {
            blobstore_buffer* body = blobstore_op_take_buffer(events[i].op);
            const char* text = blobstore_buffer_data(body, NULL);
            right += events[i].status == BLOBSTORE_OK && text && strcmp(text, hello) == 0;
            blobstore_buffer_free(body);
        }
        blobstore_events_release(events, n);
    }
    printf("gets: %d of %d\n", right, GETS);
    blobstore_queue_free(queue);
}

static void missing(blobstore_store* store) {
    const char* key = "demo/missing.txt";
    blobstore_buffer* body = NULL;
    blobstore_error* err = NULL;
    blobstore_status status = blobstore_get(store, key, strlen(key), NULL, NULL, &body, NULL, &err);
    printf("missing: %s\n", blobstore_status_name(status));
    blobstore_buffer_free(body);
    blobstore_error_free(err);
}

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A get that no server answers ends as soon as it is cancelled. */
static void cancel(blobstore_client* client) {
    const char* url = getenv("BLOBSTORE_STALL_URL");
    if (!url || !*url) {
        printf("cancel: unsupported\n");
        return;
    }
    blobstore_store* store = NULL;
    blobstore_queue* queue = NULL;
    blobstore_op* op = NULL;
    blobstore_error* err = NULL;
    check("cancel", blobstore_store_open(client, url, strlen(url), NULL, &store, &err), err);
    check("cancel", blobstore_queue_new(0, &queue, &err), err);
    blobstore_async async = {.struct_size = sizeof async};
    async.queue = queue;
    check("cancel", blobstore_get_async(store, "stall", 5, NULL, NULL, &async, &op, &err), err);
    nanosleep(&(struct timespec){0, 200000000}, NULL); /* by now it waits for the answer */
    int64_t start = now_ms();
    blobstore_op_cancel(op);
    blobstore_event event;
    size_t n = 0;
    check("cancel", blobstore_queue_poll(queue, &event, 1, 5000, &n), NULL);
    int prompt = event.status == BLOBSTORE_E_CANCELLED && now_ms() - start <= 100;
    printf("cancel: cancelled within 100 ms: %s\n", prompt ? "yes" : "no");
    blobstore_events_release(&event, n);
    blobstore_op_free(op);
    blobstore_queue_free(queue);
    blobstore_store_free(store);
}

static void delete_all(blobstore_store* store) {
    blobstore_str keys[2] = {str("demo/hello.txt"), str("demo/second.txt")};
    blobstore_status results[2];
    const char* third = "demo/sub/third.txt";
    blobstore_error* err = NULL;
    check("delete", blobstore_delete_many(store, keys, 2, NULL, results, &err), err);
    check("delete", blobstore_delete(store, third, strlen(third), NULL, &err), err);
    printf("delete: 3 keys\n");
}

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s STORE_URL\n", argv[0]);
        return 2;
    }
    const char *url = argv[1], *key = "demo/hello.txt";
    blobstore_client* client = NULL;
    blobstore_store* store = NULL;
    blobstore_error* err = NULL;
    check("open", blobstore_client_new(NULL, NULL, &client, &err), err);
    check("open", blobstore_store_open(client, url, strlen(url), NULL, &store, &err), err);
    printf("open: ok\n");
    put(store, key, hello);
    put(store, "demo/second.txt", "second");
    put(store, "demo/sub/third.txt", "third");
    printf("put: 3 keys\n");
    head(store, key);
    get(store, "get", key, NULL);
    blobstore_get_options range = {.struct_size = sizeof range};
    range.flags = BLOBSTORE_GET_OFFSET | BLOBSTORE_GET_LENGTH;
    range.offset = 7;
    range.length = 10;
    get(store, "range", key, &range);
    list(store);
    presign(store, url, key);
    get_hundred(store, key);
    missing(store);
    cancel(client);
    delete_all(store);
    list(store);
    blobstore_store_free(store);
    blobstore_client_free(client);
    return 0;
}
