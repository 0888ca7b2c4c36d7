#!/usr/bin/env python3
"""A tour of libblobstore in Python. usage: example.py STORE_URL. SPDX-License-Identifier: Apache-2.0"""
import asyncio
import os
import pathlib
import sys
import time
from ctypes import byref, c_size_t, c_void_p, sizeof, string_at

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bindings" / "python"))
from blobstore import _raw as raw  # noqa: E402

HELLO = b"hello, blobstore\n"


class BlobError(Exception):
    def __init__(self, status, error=None):
        super().__init__((raw.blobstore_error_message(error) or b"").decode())
        self.status = status
        self.name = raw.blobstore_status_name(status).decode()
        raw.blobstore_error_free(error)


def call(function, *arguments):
    """Calls function(*arguments, &error); raises what it answers."""
    error = c_void_p()
    status = function(*arguments, byref(error))
    if status != raw.BLOBSTORE_OK:
        raise BlobError(status, error)


def made(function, *arguments):
    """Calls function(*arguments, &handle, &error); returns the handle."""
    handle = c_void_p()
    call(function, *arguments, byref(handle))
    return handle


def string(text):
    return raw.blobstore_str(text, len(text))


def taken(buffer):
    """The bytes of a buffer, which is freed."""
    size = c_size_t()
    data = raw.blobstore_buffer_data(buffer, byref(size))
    copy = string_at(data, size.value) if data else b""
    raw.blobstore_buffer_free(buffer)
    return copy


class Queue:
    """Completions as asyncio futures: the loop watches the queue's descriptor, no thread is needed."""

    def __init__(self):
        self.handle = made(raw.blobstore_queue_new, 0)
        self.pending = {}
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(raw.blobstore_queue_handle(self.handle), self.drain)

    def get(self, store, key):
        """-> (future of (status, bytes), operation)"""
        number = id(future := self.loop.create_future())
        options = raw.blobstore_async(queue=self.handle, user_data=number)
        op = made(raw.blobstore_get_async, store, key, len(key), None, None, byref(options))
        self.pending[number] = future
        return future, op

    def drain(self):
        events, n = (raw.blobstore_event * 64)(), c_size_t()
        while raw.blobstore_queue_poll(self.handle, events, 64, 0, byref(n)) == raw.BLOBSTORE_OK:
            for event in events[:n.value]:
                body = taken(raw.blobstore_op_take_buffer(event.op))
                self.pending.pop(event.user_data).set_result((event.status, body))
            raw.blobstore_events_release(events, n)

    def close(self):
        self.loop.remove_reader(raw.blobstore_queue_handle(self.handle))
        raw.blobstore_queue_free(self.handle)


def put(store, key, text):
    origin = raw.blobstore_kv(string(b"origin"), string(b"example"))
    options = raw.blobstore_put_options(content_type=string(b"text/plain"), metadata=(raw.blobstore_kv * 1)(origin),
                                        metadata_len=1)
    call(raw.blobstore_put, store, key, len(key), text, len(text), byref(options), None, None)


def head(store, key):
    info = made(raw.blobstore_head, store, key, len(key), None, None)
    view = raw.blobstore_object_view()
    raw.blobstore_object_get(info, byref(view))
    pairs = "".join(", %s=%s" % (pair.key.ptr.decode(), pair.value.ptr.decode())
                    for pair in view.metadata[:view.metadata_len])
    print("head: %d bytes, %s%s" % (view.size, view.content_type.ptr.decode(), pairs))
    raw.blobstore_object_free(info)


def get(store, key, options=None):
    body = c_void_p()
    call(raw.blobstore_get, store, key, len(key), options, None, byref(body), None)
    return taken(body).decode()


def listed(store):
    options = raw.blobstore_list_options(prefix=string(b"demo/"), delimiter=string(b"/"))
    page = made(raw.blobstore_list, store, byref(options), None)
    views = (raw.blobstore_object_view * raw.blobstore_page_len(page))()
    for view in views:
        view.struct_size = sizeof(view)
    raw.blobstore_page_get(page, 0, views, sizeof(raw.blobstore_object_view), len(views))
    keys = [view.key.ptr.decode() for view in views]
    raw.blobstore_page_free(page)
    return " ".join(keys) or "empty"


def presign(store, url, key):
    options = raw.blobstore_presign_options(flags=raw.BLOBSTORE_PRESIGN_SIGNING_TIME, expires_ms=900 * 1000,
                                            signing_time_ns=1767323045 * 10**9)  # 2026-01-02T03:04:05Z
    try:
        link = taken(made(raw.blobstore_presign, store, key, len(key), byref(options), None)).decode()
    except BlobError as error:
        if error.status != raw.BLOBSTORE_E_UNSUPPORTED:
            raise
        return "unsupported"
    root = url.partition("?")[0].rstrip("/")  # of a file store; it differs from run to run
    return link.replace(root, "file://<root>", 1) if root.startswith("file://") else link


async def gets(store, key):
    """100 gets at once."""
    queue = Queue()
    started = [queue.get(store, key) for _ in range(100)]
    results = await asyncio.gather(*(future for future, _ in started))
    for _, op in started:
        raw.blobstore_op_free(op)
    queue.close()
    return sum(result == (raw.BLOBSTORE_OK, HELLO) for result in results)


async def cancel(client):
    """A get that no server answers ends as soon as it is cancelled."""
    url = os.environ.get("BLOBSTORE_STALL_URL", "").encode()
    if not url:
        return "unsupported"
    store = made(raw.blobstore_store_open, client, url, len(url), None)
    queue = Queue()
    future, op = queue.get(store, b"stall")
    await asyncio.sleep(0.2)  # by now it waits for the answer
    start = time.monotonic()
    raw.blobstore_op_cancel(op)
    status, _ = await asyncio.wait_for(future, 5)
    prompt = status == raw.BLOBSTORE_E_CANCELLED and time.monotonic() - start <= 0.1
    raw.blobstore_op_free(op)
    queue.close()
    raw.blobstore_store_free(store)
    return "cancelled within 100 ms: " + ("yes" if prompt else "no")


def delete_all(store):
    keys = (raw.blobstore_str * 2)(string(b"demo/hello.txt"), string(b"demo/second.txt"))
    results = (raw.blobstore_status * 2)()
    call(raw.blobstore_delete_many, store, keys, 2, None, results)
    third = b"demo/sub/third.txt"
    call(raw.blobstore_delete, store, third, len(third), None)


def tour(url):
    client = made(raw.blobstore_client_new, None, None)
    store = made(raw.blobstore_store_open, client, url.encode(), len(url.encode()), None)
    print("open: ok")
    put(store, b"demo/hello.txt", HELLO)
    put(store, b"demo/second.txt", b"second")
    put(store, b"demo/sub/third.txt", b"third")
    print("put: 3 keys")
    head(store, b"demo/hello.txt")
    print("get:", get(store, b"demo/hello.txt"), end="")
    options = raw.blobstore_get_options(flags=raw.BLOBSTORE_GET_OFFSET | raw.BLOBSTORE_GET_LENGTH, offset=7, length=10)
    print("range:", get(store, b"demo/hello.txt", byref(options)), end="")
    print("list:", listed(store))
    print("presign:", presign(store, url, b"demo/hello.txt"))
    print("gets:", asyncio.run(gets(store, b"demo/hello.txt")), "of 100")
    try:
        get(store, b"demo/missing.txt")
    except BlobError as error:
        print("missing:", error.name)
    print("cancel:", asyncio.run(cancel(client)))
    delete_all(store)
    print("delete: 3 keys")
    print("list:", listed(store))
    raw.blobstore_store_free(store)
    raw.blobstore_client_free(client)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: example.py STORE_URL")
    try:
        tour(sys.argv[1])
    except BlobError as failure:
        sys.exit("%s: %s" % (failure.name, failure))
