/* A game loop that loads its assets without ever waiting. usage: game_loop STORE_URL
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each frame polls the queue with timeout 0, takes what has arrived, at most 4 events, and goes on.
 * No thread, no callback. cc game_loop.c $(pkg-config --cflags --libs blobstore) -o game_loop */
#define _POSIX_C_SOURCE 200809L
#include <blobstore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASSETS = 16, ASSET_SIZE = 64 * 1024, EVENTS_PER_FRAME = 4 };

struct game {
    blobstore_store* store;
    blobstore_queue* queue;
    unsigned char level[ASSET_SIZE]; /* what is put; stays untouched until the puts have ended */
    int stored, loaded, failed;
    unsigned long frame;
    int64_t longest_poll_ns;
};

/* user_data says what an event is about: the asset, and whether it was stored or loaded. */
static uint64_t tag(int asset, int load) {
    return (uint64_t)asset << 1 | (uint64_t)load;
}

static void submit(struct game* game, int asset, int load) {
    char key[32];
    size_t len = (size_t)snprintf(key, sizeof key, "assets/%02d.bin", asset);
    blobstore_async async = {.struct_size = sizeof async};
    async.queue = game->queue;
    async.user_data = tag(asset, load);
    blobstore_error* err = NULL;
    blobstore_status status =
        load ? blobstore_get_async(game->store, key, len, NULL, NULL, &async, NULL, &err)
             : blobstore_put_async(
                   game->store,
                   key,
                   len,
                   game->level,
                   sizeof game->level,
                   NULL,
                   NULL,
                   &async,
                   NULL,
                   &err
               );
    if (status != BLOBSTORE_OK) {
        fprintf(stderr, "%s\n", blobstore_error_message(err));
        game->failed++;
    }
    blobstore_error_free(err);
}

static void handle(struct game* game, const blobstore_event* event) {
    int asset = (int)(event->user_data >> 1), load = (int)(event->user_data & 1);
    if (event->status != BLOBSTORE_OK) {
        fprintf(stderr, "%s\n", blobstore_error_message(blobstore_op_error(event->op)));
        game->failed++;
    } else if (!load) {
        game->stored++;
        submit(game, asset, 1);
    } else {
        size_t size = 0;
        blobstore_buffer* body = blobstore_op_take_buffer(event->op);
        const void* data = blobstore_buffer_data(body, &size);
        if (size == sizeof game->level && memcmp(data, game->level, size) == 0)
            game->loaded++;
        else
            game->failed++;
        blobstore_buffer_free(body); /* a game would hand it to the texture loader */
    }
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void run_frame(struct game* game) {
    blobstore_event events[EVENTS_PER_FRAME];
    size_t n = 0;
    int64_t start = now_ns();
    blobstore_status status = blobstore_queue_poll(game->queue, events, EVENTS_PER_FRAME, 0, &n);
    int64_t took = now_ns() - start;
    if (took > game->longest_poll_ns) game->longest_poll_ns = took;
    if (status == BLOBSTORE_OK) {
        for (size_t i = 0; i < n; i++)
            handle(game, &events[i]);
        blobstore_events_release(events, n);
    }
    game->frame++;
    nanosleep(&(struct timespec){0, 1000000}, NULL); /* input, physics, drawing */
}

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s STORE_URL\n", argv[0]);
        return 2;
    }
    static struct game game;
    blobstore_client* client = NULL;
    blobstore_error* err = NULL;
    if (blobstore_client_new(NULL, NULL, &client, &err) != BLOBSTORE_OK ||
        blobstore_store_open(client, argv[1], strlen(argv[1]), NULL, &game.store, &err) !=
            BLOBSTORE_OK ||
        blobstore_queue_new(0, &game.queue, &err) != BLOBSTORE_OK) {
        fprintf(stderr, "%s\n", blobstore_error_message(err));
        return 1;
    }
    for (size_t i = 0; i < sizeof game.level; i++)
        game.level[i] = (unsigned char)(i * 7);
    for (int asset = 0; asset < ASSETS; asset++)
        submit(&game, asset, 0);
    while (game.loaded + game.failed < ASSETS)
        run_frame(&game);
    printf("assets: %d stored, %d loaded, %d failed\n", game.stored, game.loaded, game.failed);
    fprintf(
        stderr,
        "%lu frames, longest poll %lld us\n",
        game.frame,
        (long long)(game.longest_poll_ns / 1000)
    );
    blobstore_queue_free(game.queue);
    blobstore_store_free(game.store);
    blobstore_client_free(client);
    return game.failed == 0 ? 0 : 1;
}
