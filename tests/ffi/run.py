#!/usr/bin/env python3
"""Runs one language's example against one store and compares its transcript. SPDX-License-Identifier: Apache-2.0

usage: run.py LANG STORE|bindings [BUILD_DIR]
  LANG   c cpp python rust go csharp          STORE  memory file s3 s3-tls
  run.py LANG bindings compares that language's raw layer with layout.txt; run.py generated bindings asks whether
  the generated files are current. BUILD_DIR (default: build/ffi) takes what is built.
Environment: BLOBSTORE_LIBRARY is the library file. The S3 stores are BLOBSTORE_TEST_VERSITYGW_PORT and
BLOBSTORE_TEST_VERSITYGW_TLS_PORT with BLOBSTORE_TEST_CA, as scripts/servers.sh prints them.
Exit: 0 same, 1 different, 77 a server or a language is missing (1 with BLOBSTORE_REQUIRE_SERVERS=1).
"""
import contextlib
import difflib
import fcntl
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXAMPLES, BINDINGS, TABLE = ROOT / "ffi-examples", ROOT / "bindings", HERE / "layout.txt"
GO_LEAST_MINOR = 25
INSTALL = {
    "cc": "apt-get install gcc", "c++": "apt-get install g++", "rustc": "apt-get install rustc",
    "mcs": "apt-get install mono-mcs", "mono": "apt-get install mono-runtime",
    "pkg-config": "apt-get install pkg-config", "go": "scripts/test.sh --install-servers",
    "versitygw": "scripts/test.sh --install-servers",
}


def skip(what, install):
    required = os.environ.get("BLOBSTORE_REQUIRE_SERVERS") == "1"
    print("%s: %s; install: %s" % ("FAILED, required" if required else "SKIPPED", what, INSTALL[install]))
    sys.exit(1 if required else 77)


def tool(name):
    return shutil.which(name) or skip(name + " is missing", name)


def find_go():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "libblobstore"
    for go in [shutil.which("go")] + sorted(cache.glob("go-*/**/bin/go")):
        if go is None:
            continue
        version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True,
                                 env=dict(os.environ, GOTOOLCHAIN="local")).stdout
        match = re.match(r"go1\.(\d+)", version)
        if match and int(match[1]) >= GO_LEAST_MINOR:
            return str(go)
    return skip("no Go of 1.%d or newer" % GO_LEAST_MINOR, "go")


class Place:
    """Where the library is and where things are built."""

    def __init__(self, build):
        self.library = pathlib.Path(os.environ.get("BLOBSTORE_LIBRARY") or "libblobstore.so.0").resolve()
        if not self.library.exists():
            sys.exit("no library at %s; set BLOBSTORE_LIBRARY" % self.library)
        self.build = pathlib.Path(build).resolve()
        self.build.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self, language):
        """Tests of one language may run at the same time; they build one after the other."""
        with open(self.build / (language + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def go_environment(self):
        tool("pkg-config")
        (self.build / "blobstore.pc").write_text(
            "Name: blobstore\nDescription: the library under test\nVersion: 0\n"
            "Libs: -L%s -lblobstore\nCflags: -I%s\n" % (self.library.parent, ROOT / "include"))
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.build), GOTOOLCHAIN="local", GOPROXY="off", CGO_ENABLED="1",
                   GOFLAGS="-buildvcs=false", LD_LIBRARY_PATH=str(self.library.parent), BLOBSTORE_LAYOUT=str(TABLE))
        env.setdefault("GOCACHE", str(self.build / "go-cache"))
        return env

    def rust(self, *arguments):
        run([tool("rustc"), "--edition", "2021", "-D", "warnings", "-L", "native=%s" % self.library.parent, *arguments])

    def rust_crate(self):
        crate = self.build / "libblobstore_sys.rlib"
        self.rust("--crate-type", "rlib", "--crate-name", "blobstore_sys", "-o", str(crate),
                  str(BINDINGS / "rust" / "blobstore-sys" / "src" / "lib.rs"))
        return "blobstore_sys=%s" % crate

    def mcs(self, program, *sources):
        out = self.build / program
        run([tool("mcs"), "-langversion:6", "-warnaserror", "-unsafe", "-out:%s" % out,
             str(BINDINGS / "csharp" / "Blobstore" / "Native.cs"), *map(str, sources)])
        return [tool("mono"), str(out)]


def run(command, **options):
    print("+", " ".join(map(str, command)), flush=True)
    if subprocess.run(command, **options).returncode != 0:
        sys.exit("failed: %s" % command[0])


# ---- One function a language: builds the example, returns its command ----


def native(place, folder, source, standard, compiler):
    made = place.library.parent / "ffi-examples" / folder / ("blobstore-example-" + folder)
    if made.exists():
        return [str(made)]
    out = place.build / ("example-" + folder)
    run([tool(compiler), standard, str(EXAMPLES / folder / source), "-I", str(ROOT / "include"),
         "-L", str(place.library.parent), "-lblobstore", "-o", str(out)])
    return [str(out)]


def build_c(place):
    return native(place, "c", "example.c", "-std=c99", "cc")


def build_cpp(place):
    return native(place, "cpp", "example.cpp", "-std=c++17", "c++")


def build_python(place):
    return [sys.executable, "-B", str(EXAMPLES / "python" / "example.py")]


def build_rust(place):
    out = place.build / "example-rust"
    place.rust("--extern", place.rust_crate(), "-o", str(out), str(EXAMPLES / "rust" / "src" / "main.rs"))
    return [str(out)]


def build_go(place):
    out = place.build / "example-go"
    run([find_go(), "build", "-o", str(out), "."], cwd=EXAMPLES / "go", env=place.go_environment())
    return [str(out)]


def build_csharp(place):
    return place.mcs("Example.exe", EXAMPLES / "csharp" / "Example.cs")


# ---- The stores ----


def server_port(name):
    return os.environ.get(name) or skip(name + " is not set: no server", "versitygw")


@contextlib.contextmanager
def store(name, place, env):
    if name == "memory":
        yield "memory://demo"
    elif name == "file":
        with tempfile.TemporaryDirectory(dir=place.build) as root:
            yield "file://" + root
    elif name == "s3":
        yield ("s3://test?endpoint=http://s3.test&resolve=s3.test:80:127.0.0.1:%s&region=us-east-1" %
               server_port("BLOBSTORE_TEST_VERSITYGW_PORT"))
    elif name == "s3-tls":
        env["AWS_CA_BUNDLE"] = os.environ.get("BLOBSTORE_TEST_CA", "")
        yield ("s3://test?endpoint=https://s3.test&resolve=s3.test:443:127.0.0.1:%s&region=us-east-1" %
               server_port("BLOBSTORE_TEST_VERSITYGW_TLS_PORT"))
    else:
        sys.exit(__doc__)


@contextlib.contextmanager
def stalling_server():
    """Accepts everything and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                kept.append(listener.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    yield "s3://stall?endpoint=http://127.0.0.1:%d&region=us-east-1" % listener.getsockname()[1]
    listener.close()


def clean_environment(place):
    kept = ("PATH", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env.update(HOME=str(place.build), LD_LIBRARY_PATH=str(place.library.parent), BLOBSTORE_LIBRARY=str(place.library),
               AWS_ACCESS_KEY_ID="testkey", AWS_SECRET_ACCESS_KEY="testsecret1234")
    return env


def example(language, store_name, place):
    env = clean_environment(place)
    with store(store_name, place, env) as url, stalling_server() as stall:
        with place.locked(language):
            command = globals()["build_" + language](place)
        env["BLOBSTORE_STALL_URL"] = stall
        print("+", " ".join(command), url, flush=True)
        done = subprocess.run([*command, url], env=env, capture_output=True, text=True, timeout=120)
    print(done.stderr, end="")
    expected = (HERE / "expected" / (store_name + ".txt")).read_text()
    difference = list(difflib.unified_diff(expected.splitlines(), done.stdout.splitlines(), "expected", "transcript",
                                           lineterm="", n=0))
    print("\n".join(difference) if difference else "%d lines, all as expected" % len(expected.splitlines()))
    return 1 if difference or done.returncode != 0 else 0


# ---- The raw layers ----


def bindings(language, place):
    library = {"LD_LIBRARY_PATH": str(place.library.parent), "BLOBSTORE_LIBRARY": str(place.library),
               "BLOBSTORE_LAYOUT": str(TABLE)}
    env = dict(os.environ, **library)
    if language == "generated":
        run([sys.executable, "-B", str(BINDINGS / "generate.py"), "--check"])
    elif language == "c":
        run([tool("cc"), str(HERE / "layout.c"), "-I", str(ROOT / "include"), "-o", str(place.build / "layout")])
        text = subprocess.run([str(place.build / "layout")], capture_output=True, text=True, check=True).stdout
        lost = set(TABLE.read_text().splitlines()) ^ set(text.splitlines())
        if lost:
            sys.exit("layout.txt and the header differ (lines are only ever added): " + ", ".join(sorted(lost)))
    elif language == "python":
        run([sys.executable, "-B", str(BINDINGS / "python" / "tests" / "test_layout.py")], env=env)
    elif language == "rust":
        out = place.build / "bindings-rust"
        source = BINDINGS / "rust" / "blobstore-sys" / "tests" / "layout.rs"
        place.rust("--test", "--extern", place.rust_crate(), "-o", str(out), str(source))
        run([str(out)], env=env)
    elif language == "go":
        run([find_go(), "test", "-count=1", "./..."], cwd=BINDINGS / "go", env=place.go_environment())
    elif language == "csharp":
        run([*place.mcs("LayoutTest.exe", BINDINGS / "csharp" / "tests" / "LayoutTest.cs"), str(TABLE)], env=env)
    else:
        sys.exit(__doc__)
    return 0


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    language, what = arguments[:2]
    place = Place(arguments[2] if len(arguments) == 3 else ROOT / "build" / "ffi")
    if what == "bindings":
        with place.locked(language):
            return bindings(language, place)
    if "build_" + language not in globals():
        sys.exit(__doc__)
    return example(language, what, place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
