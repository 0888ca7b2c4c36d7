/* An object as a FILE*: any code that reads from stdio reads from a store. usage: stdio OBJECT_URL
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints the lines of the object with their numbers, then, after a seek, its last bytes.
 * cc stdio.c $(pkg-config --cflags --libs blobstore) -o stdio */
#define _GNU_SOURCE
#include <blobstore.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

struct cookie {
    blobstore_client* client;
    blobstore_reader* reader;
    uint64_t position, size;
};

static void report(blobstore_error* err) {
    fprintf(stderr, "%s\n", blobstore_error_message(err));
    blobstore_error_free(err);
}

static ssize_t cookie_read(void* state, char* dst, size_t cap) {
    struct cookie* c = state;
    size_t n = 0;
    blobstore_error* err = NULL;
    if (blobstore_reader_read(c->reader, dst, cap, &n, &err) != BLOBSTORE_OK) {
        report(err);
        errno = EIO;
        return -1;
    }
    c->position += n;
    return (ssize_t)n;
}

static int cookie_seek(void* state, off64_t* offset, int whence) {
    struct cookie* c = state;
    int64_t from = whence == SEEK_SET ? 0 : (int64_t)(whence == SEEK_CUR ? c->position : c->size);
    if (from + *offset < 0) {
        errno = EINVAL;
        return -1;
    }
    blobstore_error* err = NULL;
    if (blobstore_reader_seek(c->reader, (uint64_t)(from + *offset), &err) != BLOBSTORE_OK) {
        report(err);
        errno = EIO;
        return -1;
    }
    c->position = (uint64_t)(from + *offset);
    *offset = (off64_t)c->position;
    return 0;
}

static int cookie_close(void* state) {
    struct cookie* c = state;
    blobstore_reader_free(c->reader);
    blobstore_client_free(c->client);
    return 0;
}

/* The state is the caller's and lives as long as the FILE. */
static FILE* open_object(struct cookie* c, const char* url) {
    blobstore_error* err = NULL;
    memset(c, 0, sizeof *c);
    if (blobstore_client_new(NULL, NULL, &c->client, &err) != BLOBSTORE_OK ||
        blobstore_reader_open_url(c->client, url, strlen(url), NULL, NULL, &c->reader, &err) !=
            BLOBSTORE_OK) {
        report(err);
        blobstore_client_free(c->client);
        errno = EIO;
        return NULL;
    }
    blobstore_object_view view = {.struct_size = sizeof view};
    blobstore_reader_object(c->reader, &view);
    c->size = view.size;
    cookie_io_functions_t functions = {cookie_read, NULL, cookie_seek, cookie_close};
    return fopencookie(c, "rb", functions);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s OBJECT_URL\n", argv[0]);
        return 2;
    }
    struct cookie cookie;
    FILE* file = open_object(&cookie, argv[1]);
    if (!file) return 1;
    char line[4096];
    for (int number = 1; fgets(line, sizeof line, file); number++)
        printf("%d: %s", number, line);
    if (fseek(file, -8, SEEK_END) == 0 && fgets(line, sizeof line, file))
        printf("the last 8 bytes: %s", line);
    int failed = ferror(file);
    fclose(file);
    return failed ? 1 : 0;
}
