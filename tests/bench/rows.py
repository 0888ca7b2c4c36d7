"""The rows of the benchmark as data: what is run, what must hold, what we aim at."""
# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass, field

MIB = 1 << 20
OURS_SIGNED = "SigV4 header, payload signed"
OURS_UNSIGNED = "SigV4 header, unsigned payload"


@dataclass(frozen=True)
class Subject:
    """One program of a row; `settings` says how it signs and what it checks."""
    name: str
    client: str
    work: str
    words: tuple = ()
    tls: bool = False
    settings: str = ""
    counts_allocations: bool = False
    once_in: int = 0  # slow ones run every so many rounds
    timed: int = 0    # operations of a program that does not measure itself
    gateway: bool = False  # to versitygw, in place of the benchmark's own server


@dataclass(frozen=True)
class Limit:
    """`ours` at most `factor` times the metric of `of`; without `of`, at most `factor` itself."""
    factor: float
    of: str = ""
    metric: str = ""
    at_least: bool = False


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    metric: str
    unit: str
    subjects: tuple
    must: tuple
    aim: tuple
    scale: float = 1
    extra: tuple = field(default=())  # further metrics of ours to show: (metric, unit, scale)


def bulk(count):
    return (f"size={64 * MIB}", f"count={count}")


def ours(work, *words, tls=False, settings="", name="ours", **more):
    return Subject(name, "ours", work, words, tls, settings, **more)


def floor(work, *words, tls=False, name="floor"):
    return Subject(name, "floor", work, words, tls)


def curl(work, *words, tls=False):
    return Subject("libcurl", "curl", work, words, tls, "no signature")


def checksums(work):
    return (Subject("ours", "checksums", work, settings="256 KiB again and again"),
            Subject("tables", "checksums", work, ("tables=1", "count=2000"),
                    settings="the portable form of ours"))


def object_store(work, *words, settings="SigV4, no checksum"):
    return Subject("object_store", "object_store", work, words, False, settings)


def to_gateway(name, client, *words, timed=0, settings=""):
    return Subject(name, client, "", words, settings=settings, timed=timed, gateway=True)


def python(client, work, *words, settings="SigV4, checksums when required"):
    return Subject(client, client, work, words, False, settings, once_in=2)


SMALL = ("size=1024",)
FLIGHT = ("size=1024", "count=100000", "flight=32")
PUT_FLIGHT = ("size=4096", "count=50000", "flight=32")
GIB = ("size=1073741824", "count=1")
MANY = 10000  # files of MANY_SIZE bytes in {work}/many
MANY_SIZE = 4096
FILE = "file={work}/gib" # in the folder of the run
RANGES = ("size=1073741824", "count=10000")

ROWS = (
    Row("get", "GET 64 MiB into caller memory, plain", "cpu_s_gib", "CPU s/GiB",
        (floor("get", *bulk(16)), ours("get", *bulk(16), settings=OURS_SIGNED + ", one request"),
         curl("get", *bulk(16)), object_store("get", *bulk(8)),
         python("obstore", "get", *bulk(4)), python("boto3", "get", *bulk(4)),
         python("crt", "get", *bulk(4), settings="8 MiB ranges in parallel, SigV4, unsigned payload")),
        (Limit(1.1, "floor"), Limit(0.9, "libcurl")),
        (Limit(0.95, "floor"), Limit(0.75, "libcurl"))),
    Row("get-tls", "same, TLS 1.3 AES-128-GCM", "cpu_s_gib", "CPU s/GiB",
        (floor("get", *bulk(8), tls=True), ours("get", *bulk(8), tls=True, settings=OURS_UNSIGNED + ", one request"),
         curl("get", *bulk(8), tls=True)),
        (Limit(0.85, "libcurl"),), (Limit(0.75, "libcurl"),)),
    Row("stream", "GET 1 GiB streamed to a sink", "cpu_s_gib", "CPU s/GiB",
        (floor("stream", *GIB), ours("stream", *GIB, settings=OURS_SIGNED),
         object_store("stream", *GIB)),
        (Limit(1.15, "floor"), Limit(0.9, "object_store"), Limit(4096, "", "rss_over_idle_kib")),
        (Limit(1.0, "floor"), Limit(0.75, "object_store"), Limit(1024, "", "rss_over_idle_kib")),
        extra=(("rss_over_idle_kib", "KiB over idle", 1),)),
    Row("put", "PUT 64 MiB from memory, plain, unsigned payload", "cpu_s_gib", "CPU s/GiB",
        (floor("put", *bulk(8)), ours("put", *bulk(8), settings=OURS_UNSIGNED + ", one request"),
         curl("put", *bulk(8)),
         object_store("put", *bulk(8), "unsigned=1", settings="SigV4, unsigned payload")),
        (Limit(1.1, "floor"), Limit(1.0, "object_store")), (Limit(1.03, "floor"),)),
    Row("put-signed", "same, signed payload", "cpu_s_gib", "CPU s/GiB",
        (floor("put-hashed", *bulk(4)), ours("put-hashed", *bulk(4), settings=OURS_SIGNED),
         object_store("put-hashed", *bulk(4), settings="SigV4, payload signed (as it comes)"),
         python("obstore", "put", *bulk(2), settings="SigV4, payload signed"),
         python("boto3", "put", *bulk(2), settings="SigV4, payload signed, no CRC"),
         python("crt", "put", *bulk(2), settings="multipart of 8 MiB, SigV4, unsigned payload, CRC32 trailers")),
        (Limit(1.15, "floor"), Limit(0.9, "object_store")), (Limit(1.05, "floor"),)),
    Row("put-tls", "same, TLS 1.3, unsigned payload", "cpu_s_gib", "CPU s/GiB",
        (floor("put", *bulk(4), tls=True), ours("put", *bulk(4), tls=True, settings=OURS_UNSIGNED),
         curl("put", *bulk(4), tls=True)),
        (Limit(0.75, "libcurl"),), (Limit(0.67, "libcurl"),)),
    Row("get-blocking", "GET 1 KiB, one at a time, blocking, wall", "wall_us", "us",
        (floor("get-blocking", *SMALL, "count=10000"),
         ours("get-blocking", *SMALL, "count=10000", settings=OURS_SIGNED),
         curl("get-blocking", *SMALL, "count=5000"),
         object_store("get-blocking", *SMALL, "count=5000"),
         python("obstore", "get-blocking", *SMALL, "count=500"),
         python("boto3", "get-blocking", *SMALL, "count=200")),
        (Limit(1.15, "floor"), Limit(0.6, "object_store")), (Limit(1.05, "floor"),),
        extra=(("cpu_us", "us CPU", 1),)),
    Row("get-flight", "GET 1 KiB signed, 32 in flight by queue, CPU per operation", "cpu_us", "us",
        (floor("get-flight", *FLIGHT), ours("get-flight", *FLIGHT, settings=OURS_SIGNED),
         object_store("get-flight", "size=1024", "count=30000", "flight=32"),
         ours("get-flight", "size=1024", "count=5000", "flight=32", name="ours, counted",
              counts_allocations=True)),
        (Limit(1.6, "floor"), Limit(0.4, "object_store")),
        (Limit(1.35, "floor"), Limit(0.3, "object_store"),
         Limit(0, "", "ours, counted:allocations"))),
    Row("put-flight", "PUT 4 KiB signed, 32 in flight", "cpu_us", "us",
        (floor("put-flight", *PUT_FLIGHT), ours("put-flight", *PUT_FLIGHT, settings=OURS_SIGNED),
         object_store("put-flight", "size=4096", "count=20000", "flight=32",
                      settings="SigV4, payload signed")),
        (Limit(0.45, "object_store"),), (Limit(0.3, "object_store"),)),
    Row("put-many", "10,000 PUTs of 4 KiB files to versitygw, 64 in flight", "cpu_us", "us",
        (to_gateway("ours", "ours", "put-many", "url={url}", "folder={work}/many", "flight=64",
                    f"size={MANY_SIZE}", f"count={MANY}", settings="by queue; " + OURS_SIGNED),
         to_gateway("ours, program", "program", "cp", "-r", "-j", "64", "--storage", "{url}",
                    "{work}/many", "s3://test/program/", timed=MANY,
                    settings="cp -r of the folder, the whole process"),
         to_gateway("s5cmd", "s5cmd", "--endpoint-url", "{endpoint}", "--numworkers", "64", "--log",
                    "error", "run", "{work}/many.txt", timed=MANY,
                    settings="run of 10,000 lines, the whole process")),
        (Limit(0.5, "s5cmd"),), (Limit(0.3, "s5cmd"),)),
    Row("presign", "presign, a second of one core", "per_cpu_s", "links",
        (ours("presign", "count=300000", settings="SigV4 query"),
         object_store("presign", "count=50000", settings="SigV4 query"),
         python("boto3", "presign", "count=1000", settings="SigV4 query")),
        (Limit(400000, at_least=True),), (Limit(1000000, at_least=True),)),
    Row("list", "list, CPU per key end to end", "cpu_us", "us",
        (ours("list", "count=500000", settings="pages of 1,000 keys of 350 bytes"),
         object_store("list", "count=1", settings="the same pages"),
         python("boto3", "list", "count=1", settings="the same pages")),
        (Limit(0.4, "object_store"),), (Limit(0.3),)),
    Row("list-flat", "list 1,000,000 keys of one prefix, 20 ms a page, wall per key", "wall_us", "us",
        (ours("list-flat", "parallel=32", settings="32 requests at a time, in order"),
         object_store("list-flat", "count=1", settings="one page after the other")),
        (Limit(0.25, "object_store"),), (Limit(0.1, "object_store"),)),
    Row("upload", "PUT 1 GiB from a file, 8 parts at a time, CRC64NVME, unsigned payload", "cpu_s_gib",
        "CPU s/GiB",
        (floor("upload", *GIB, FILE), ours("upload", *GIB, FILE, settings="parts of 16 MiB"),
         object_store("upload", *GIB, FILE, "unsigned=1", "crc=1",
                      settings="parts of 8 MiB, CRC64NVME, unsigned payload")),
        (Limit(1.3, "floor"), Limit(1.0, "object_store"), Limit(65536, "", "rss_over_idle_kib")),
        (Limit(1.1, "floor"),), extra=(("rss_over_idle_kib", "KiB over idle", 1),)),
    Row("download", "GET 1 GiB into a file, in parallel, verified", "cpu_s_gib", "CPU s/GiB",
        (floor("download", *GIB, FILE),
         ours("download", *GIB, FILE, settings="parts of 8 MiB, CRC64NVME"),
         object_store("download", *GIB, FILE, settings="one stream, not verified")),
        (Limit(1.2, "floor"),), (Limit(1.05, "floor"),),
        extra=(("rss_over_idle_kib", "KiB over idle", 1),)),
    Row("ranges", "get_ranges: 10,000 of 4 KiB in 1 GiB, default gap, CPU per range", "cpu_us", "us",
        (ours("ranges", *RANGES, settings="gap 1 MiB"),
         object_store("ranges", *RANGES, settings="gap 1 MiB")),
        (Limit(0.8, "object_store"),), (Limit(0.5, "object_store"),)),
    Row("ranges-apart", "the same, gap 0", "cpu_us", "us",
        (ours("ranges", *RANGES, "gap=0", settings="10 at a time"),
         object_store("ranges", *RANGES, "apart=1", settings="get_range, 10 at a time")),
        (Limit(0.8, "object_store"),), (Limit(0.5, "object_store"),)),
    Row("memory", "blocking get_into of 16 bytes from a memory store", "cpu_us", "ns",
        (ours("memory", "count=2000000"),), (Limit(0.3),), (Limit(0.15),), scale=1000),
    Row("crc64nvme", "CRC64NVME of hot memory, one core", "per_gb_s", "GB/s", checksums("crc64nvme"),
        (Limit(10, at_least=True),), (Limit(40, at_least=True),)),
    Row("crc32c", "CRC32C of hot memory, one core", "per_gb_s", "GB/s", checksums("crc32c"),
        (Limit(10, at_least=True),), (Limit(40, at_least=True),)),
    Row("open", "open a client and make the first call, plain, wall", "wall_ms", "ms",
        (ours("open"),), (Limit(5),), (Limit(2),), extra=(("open_ms", "ms to open", 1),)),
    Row("idle", "memory per idle connection, plain", "kib", "KiB",
        (ours("idle", "flight=64"),), (Limit(32),), (Limit(20),),
        extra=(("untrimmed_kib", "KiB before malloc_trim", 1),)),
    Row("idle-tls", "same, TLS", "kib", "KiB",
        (ours("idle", "flight=64", tls=True),), (Limit(128),), (Limit(64),),
        extra=(("untrimmed_kib", "KiB before malloc_trim", 1),)),
)

# (name, work, words, two counts): instructions an operation are the difference.
PROFILE = (
    ("GET 1 KiB blocking", "get-blocking", ("size=1024",), (1000, 3000)),
    ("GET 1 KiB, 32 in flight", "get-flight", ("size=1024", "flight=32"), (1000, 3000)),
    ("PUT 4 KiB signed, 32 in flight", "put-flight", ("size=4096", "flight=32"), (500, 1500)),
    ("presign", "presign", (), (1000, 3000)),
    ("list, a key", "list", (), (10000, 30000)),
    ("memory get_into, 16 bytes", "memory", (), (2000, 6000)),
)
