/* What a C program does first: put, get and list on memory://, then the version.
 * SPDX-License-Identifier: Apache-2.0 */
#include <blobstore.h>
#include <stdio.h>
#include <string.h>

static int fail(const char* what, const blobstore_error* err) {
    fprintf(stderr, "%s: %s\n", what, blobstore_error_message(err));
    return 1;
}

int main(void) {
    static const char url[] = "memory://installed", key[] = "a/b", text[] = "hello";
    blobstore_error* err = NULL;
    blobstore_client* client = NULL;
    blobstore_store* store = NULL;
    blobstore_buffer* body = NULL;
    blobstore_page* page = NULL;
    blobstore_object_view entry;
    size_t n = 0;

    if (blobstore_version() != BLOBSTORE_HEADER_VERSION)
        return fail("header and library differ", NULL);
    if (blobstore_client_new(NULL, NULL, &client, &err)) return fail("client", err);
    if (blobstore_store_open(client, url, strlen(url), NULL, &store, &err))
        return fail("store", err);
    if (blobstore_put(store, key, strlen(key), text, strlen(text), NULL, NULL, NULL, &err))
        return fail("put", err);
    if (blobstore_get(store, key, strlen(key), NULL, NULL, &body, NULL, &err))
        return fail("get", err);
    if (blobstore_list(store, NULL, NULL, &page, &err)) return fail("list", err);
    if (blobstore_page_get(page, 0, &entry, sizeof entry, 1) != 1) return fail("page", NULL);
    printf(
        "%s: %s, %d entry\n",
        entry.key.ptr,
        (const char*)blobstore_buffer_data(body, &n),
        (int)blobstore_page_len(page)
    );
    printf("blobstore %s\n", blobstore_version_string());
    blobstore_page_free(page);
    blobstore_buffer_free(body);
    blobstore_store_free(store);
    blobstore_client_free(client);
    return n == strlen(text) ? 0 : 1;
}
