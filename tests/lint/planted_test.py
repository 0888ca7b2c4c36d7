#!/usr/bin/env python3
"""The checks of this folder, checked: each planted violation must fail, and a clean tree must pass.

Works in a temporary copy of the tree.

usage: planted_test.py ROOT [CC]
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import header_tags
import layers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CC = "cc"

LAYERS = [  # name, file under src/, text, words that the check must say
    ("upward include", "store/planted.cpp", '#include "capi/handle.h"\n', "store/ may not include"),
    ("os includes async", "os/planted.cpp", '#include "async/task.h"\n', "os/ may not include"),
    ("relative upward include", "base/planted.h", '#include "../http/client.h"\n',
     "base/ may not include"),
    ("sibling backend", "backends/s3/planted.cpp", '#include "backends/file/file.h"\n', "sibling"),
    ("relative sibling", "backends/s3/planted.cpp", '#include "../file/file.h"\n', "sibling"),
    ("internal header in the program", "cli/planted.cpp", '#include "base/url.h"\n',
     "cli/ may not include"),
    ("public header below capi", "store/planted.h", '#include "blobstore.h"\n',
     "may not include blobstore.h"),
    ("a folder that is no layer", "util/planted.h", "\n", "is in no layer"),
    ("Beast header", "backends/s3/planted.cpp", "#include <boost/beast/http.hpp>\n", "boost/beast"),
    ("Beast name", "auth/planted.cpp", "boost::beast::flat_buffer b;\n", "Beast"),
    ("Asio header", "store/planted.cpp", "#include <boost/asio/post.hpp>\n", "boost/asio"),
    ("Asio name", "backends/memory/planted.cpp", "void f(boost::asio::io_context&);\n", "Asio"),
    ("TLS header", "base/planted.cpp", "#include <openssl/ssl.h>\n", "openssl/ssl.h"),
    ("TLS name", "async/planted.cpp", "void f(void* s) { SSL_free(s); }\n", "TLS"),
    ("OpenSSL in a backend", "backends/s3/planted.cpp", "#include <openssl/evp.h>\n",
     "openssl/evp.h"),
    ("JSON outside base", "auth/planted.cpp", "#include <rapidjson/document.h>\n", "rapidjson"),
    ("XML outside base", "backends/s3/planted.cpp", "#include <tinyxml2.h>\n", "tinyxml2"),
    ("YAML outside base", "capi/planted.cpp", "#include <yaml.h>\n", "yaml.h"),
    ("SQLite outside sync", "store/planted.cpp", "#include <sqlite3.h>\n", "sqlite3"),
    ("zstd outside sync", "store/planted.cpp", "#include <zstd.h>\n", "zstd"),
    ("CLI11 outside the program", "capi/planted.cpp", "#include <CLI/CLI.hpp>\n", "CLI/"),
    ("a library not decided", "base/planted.cpp", "#include <fmt/core.h>\n", "not of a decided"),
    ("a C library not decided", "http/planted.cpp", "#include <curl/curl.h>\n", "not of a decided"),
    ("getenv", "auth/planted.cpp", 'auto* p = std::getenv("HOME");\n', "environment"),
    ("secure_getenv", "os/planted.cpp", 'auto* p = secure_getenv("HOME");\n', "environment"),
    ("environ", "capi/planted.cpp", "extern char** environ;\n", "environment"),
    ("steady clock", "store/planted.cpp", "auto t = std::chrono::steady_clock::now();\n", "clock"),
    ("system clock", "os/planted.cpp", "auto t = std::chrono::system_clock::now();\n", "clock"),
    ("clock by another name", "http/planted.cpp", "auto t = my_clock::now();\n", "clock"),
    ("clock_gettime", "base/planted.cpp", "int f() { return clock_gettime(0, t); }\n", "clock"),
    ("time", "auth/planted.cpp", "long f() { return std::time(nullptr); }\n", "clock"),
    ("gettimeofday", "http/planted.cpp", "int f() { return gettimeofday(&t, 0); }\n", "clock"),
    ("random_device", "http/planted.cpp", "std::random_device d;\n", "random"),
    ("RAND_bytes", "auth/planted.cpp", "int f() { return RAND_bytes(p, 4); }\n", "random"),
    ("arc4random", "os/planted.cpp", "unsigned f() { return arc4random(); }\n", "random"),
    ("urandom", "base/planted.cpp", 'auto* p = "/dev/urandom";\n', "random"),
    ("getrandom", "store/planted.cpp", "int f() { return getrandom(p, 4, 0); }\n", "getrandom"),
    ("socket header", "async/planted.cpp", "#include <sys/socket.h>\n", "sys/socket.h"),
    ("socket call", "os/planted.cpp", "int f() { return ::socket(1, 2, 3); }\n", "socket"),
    ("resolver call", "backends/s3/planted.cpp", "int f() { return getaddrinfo(a, b, c, d); }\n",
     "socket"),
    ("Asio sockets", "async/planted.cpp", "boost::asio::ip::tcp::socket s;\n", "socket"),
]
ALLOWED = [  # not violations, however like one they look
    ("os/host.cpp", 'auto* p = getenv("HOME"); auto t = std::chrono::system_clock::now();\n'),
    ("async/clock.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("os/temp.cpp", "#include <sys/random.h>\nint f() { return getrandom(p, 4, 0); }\n"),
    ("store/words.cpp", '// getenv("HOME"), beast::x\nauto* p = "getenv beast::x SSL_free(";\n'),
    ("store/member.cpp", "auto t = view.time(&now); auto u = object_time(nullptr);\n"),
    ("backends/registry.cpp", '#include "backends/s3/s3.h"\n#include <sys/stat.h>\n'),
    ("http/wire.cpp", "#include <boost/beast/http.hpp>\n#include <openssl/ssl.h>\n"),
]
HEADER = """\
#define BLOBSTORE_FN(ret) __attribute__((visibility("default"))) ret
/** A status. */
typedef int blobstore_status;
#define BLOBSTORE_NUMBER 1 /**< a number */
/** Statuses. */
enum { BLOBSTORE_E_RANGE = 305,
       BLOBSTORE_E_INVALID_ARGUMENT = 100 };
typedef struct blobstore_x blobstore_x; /**< a handle */
/** One. Tags below.
 *  Tags: [any] [nb] [static: return]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_one(void);
/** Two.
 *  Tags: [1t] [blk]
 *  Codes: E_INVALID_ARGUMENT (too
 *    much), E_RANGE, all of a call
 *  Since: 0.1.0 */
BLOBSTORE_FN(blobstore_status) blobstore_two(int x);
"""
# Not compiled: only read.
POINTERS = """\
/** Makes one.
 *  Tags: [any] [nb] [null: none] [own: out]
 *    [use: name]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_x_new(const char *name, blobstore_x **out);
/** Writes with one.
 *  Tags: [any] [nb] [null: data done] [use: name] [pin: data n done]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_x_put_async(blobstore_x *x, const char *name, const void *data,
    int *n, a_fn done);
/** Its name.
 *  Tags: [any] [nb] [null: x] [bor: return of x]
 *  Since: 0.1.0 */
BLOBSTORE_FN(const char *) blobstore_x_name(const blobstore_x *x);
/** Frees it.
 *  Tags: [any] [nb] [null: x] [take: x]
 *  Since: 0.1.0 */
BLOBSTORE_FN(void) blobstore_x_free(blobstore_x *x);
"""
BAD_DOC = "/** x\n *  Tags: [any] [nb]\n *  Since: 0.1.0 */\n"
PLANTED_HEADERS = [
    ("no comment", "BLOBSTORE_FN(void) blobstore_bad(void);", "no /** */"),
    ("a plain comment", "/* Tags: [any] [nb]\n Since: 0.1.0 */\n"
     "BLOBSTORE_FN(void) blobstore_bad(void);", "no /** */"),
    ("a comment of tags only", BAD_DOC.replace("x\n *  ", "")
     + "BLOBSTORE_FN(void) blobstore_bad(void);", "does not say"),
    ("no tags", "/** x\n *  Since: 0.1.0 */\nBLOBSTORE_FN(void) blobstore_bad(void);", "Tags:"),
    ("no thread tag", BAD_DOC.replace("[any] ", "") + "BLOBSTORE_FN(void) blobstore_bad(void);",
     "[any] [1t]"),
    ("both thread tags", BAD_DOC.replace("[any]", "[any] [1t]")
     + "BLOBSTORE_FN(void) blobstore_bad(void);", "[any] [1t]"),
    ("no blocking tag", BAD_DOC.replace(" [nb]", "") + "BLOBSTORE_FN(void) blobstore_bad(void);",
     "[blk] [nb]"),
    ("a tag not known", BAD_DOC.replace("[nb]", "[nb] [copy: x]")
     + "BLOBSTORE_FN(void) blobstore_bad(void);", "not known: [copy]"),
    ("words between tags", BAD_DOC.replace("[nb]", "[nb] always")
     + "BLOBSTORE_FN(void) blobstore_bad(void);", "words between"),
    ("no version", "/** x\n *  Tags: [any] [nb] */\nBLOBSTORE_FN(void) blobstore_bad(void);",
     "Since"),
    ("no codes", BAD_DOC + "BLOBSTORE_FN(blobstore_status) blobstore_bad(void);", "Codes"),
    ("a code not known", BAD_DOC.replace(" *  Since", " *  Codes: E_RANGE, E_ODD\n *  Since")
     + "BLOBSTORE_FN(blobstore_status) blobstore_bad(void);", "no code: E_ODD"),
    ("two share one comment", "BLOBSTORE_FN(void) blobstore_a(void); " + BAD_DOC
     + "BLOBSTORE_FN(void) blobstore_b(void);", "blobstore_a has no /** */"),
    ("not declared by the macro", BAD_DOC + "void blobstore_bad(void);", "without BLOBSTORE_FN"),
    ("a struct without a comment", "typedef struct blobstore_y { int a; } blobstore_y;",
     "no /** */ comment: typedef struct blobstore_y"),
    ("a struct with a plain comment", "/* y */\ntypedef struct blobstore_y { int a; } blobstore_y;",
     "no /** */ comment: typedef struct blobstore_y"),
    ("a callback without a comment", "typedef void(*blobstore_y_fn)(int a); /* y */",
     "no /** */ comment: typedef void"),
    ("a handle without a comment", "typedef struct blobstore_y blobstore_y;",
     "no /** */ comment: typedef struct blobstore_y"),
    ("an enumeration without a comment", "enum { BLOBSTORE_Y = 1 };", "no /** */ comment: enum"),
    ("a number without a comment", "#define BLOBSTORE_Y 1", "no /** */ comment: #define"),
]
PLANTED_TAGS = [  # name, tags of POINTERS, what they become, words that the check must say
    ("no null tag", "[null: none] ", "", "blobstore_x_new has pointers and needs [null: ...]"),
    ("an empty null tag", "[null: none]", "[null]", "incomplete [null]"),
    ("null of no parameter", "[null: none]", "[null: y]", "[null: y] is no pointer"),
    ("no ownership of what comes out", " [own: out]", "", "needs [own: out]"),
    ("another ownership of it", "[own: out]", "[use: out]", "needs [own: out]"),
    ("no lifetime of an argument", " *    [use: name]\n", "", "needs name in exactly one"),
    ("no lifetime of a callback", " n done]", " n]", "needs done in exactly one"),
    ("two lifetimes", "[pin: data", "[pin: data name", "needs name in exactly one"),
    ("data that is not pinned", "[use: name] [pin: data", "[use: name data] [pin:",
     "needs [pin: data]"),
    ("a result that is not pinned", "[use: name] [pin: data n", "[use: name n] [pin: data",
     "needs [pin: n]"),
    ("no lifetime of the result", " [bor: return of x]", "", "needs return in exactly one"),
    ("borrowed of nothing", "[bor: return of x]", "[bor: return]", "incomplete [bor: return]"),
    ("borrowed of no parameter", "[bor: return of x]", "[bor: return of y]", "[bor: of y]"),
    ("a lifetime of no parameter", "[take: x]", "[take: x y]", "a tag for y"),
    ("a free that takes nothing", " [take: x]", "", "needs [take: ...]"),
    ("a tag twice", "[take: x]", "[take: x] [nb]", "a tag twice"),
]


def run(script, *args):
    command = [sys.executable, str(HERE / script), *map(str, args)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class InCopy(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.holder.name)
        self.addCleanup(self.holder.cleanup)

    def plant(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def must_fail(self, words, script, *args):
        code, said = run(script, *args)
        self.assertNotEqual(code, 0, f"planted violation passed: {said}")
        self.assertIn(words, said)

    def must_pass(self, script, *args):
        code, said = run(script, *args)
        self.assertEqual(code, 0, said)


class Layers(InCopy):
    def setUp(self):
        super().setUp()
        shutil.copytree(ROOT / "src", self.root / "src")

    def test_clean(self):
        self.must_pass("layers.py", self.root / "src")

    def test_each_violation(self):
        for name, path, text, words in LAYERS:
            with self.subTest(name):
                file = self.plant("src/" + path, text)
                self.must_fail(words, "layers.py", self.root / "src")
                file.unlink()

    def test_each_look_alike(self):
        for path, text in ALLOWED:
            with self.subTest(path):
                file = self.plant("clean/" + path, text)
                self.must_pass("layers.py", self.root / "clean")
                file.unlink()

    def test_cycle(self):
        self.assertEqual(layers.cycle(layers.MAY), [])
        self.assertNotEqual(layers.cycle({**layers.MAY, "base": {"http"}}), [])


class Sizes(InCopy):
    def body(self, lines):
        return "    x();\n" * (lines - 2)

    def test_clean(self):
        self.plant("src/base/a.cpp", "namespace n {\nvoid f() {\n" + self.body(80) + "}\n}\n"
                   + "int x;\n" * 517)
        self.must_pass("sizes.py", self.root)

    def test_long_file(self):
        self.plant("tests/unit/a.cpp", "int x;\n" * 601)
        self.must_fail("601 lines", "sizes.py", self.root)

    def test_exempt(self):
        self.plant("tests/data/a.h", "int x;\n" * 700)
        self.plant("bindings/rust/raw.rs", "// Generated by generate.py\n" + "x\n" * 700)
        self.must_pass("sizes.py", self.root)

    def test_long_functions(self):
        heads = ["void f() {", "template <class T> auto c::f(T a) const noexcept -> result<T> {",
                 "c::c() : a_{1}, b_(2) {", 'TEST(suite, name) {', "struct s { int f() {",
                 'extern "C" { int f(void) {', "task<int> f(std::vector<int> v = {}) {"]
        for head in heads:
            with self.subTest(head):
                file = self.plant("src/base/a.cpp", head + "\n" + self.body(81) + "}\n")
                self.must_fail("a function of 81 lines", "sizes.py", self.root)
                file.unlink()

    def test_long_tables_are_no_functions(self):
        self.plant("src/base/a.cpp", "constexpr row rows[] = {\n" + "    {1, 2},\n" * 200 + "};\n"
                   "enum class e {\n" + "    a,\n" * 200 + "};\n")
        self.must_pass("sizes.py", self.root)

    def test_long_python(self):
        self.plant("tests/a.py", "def f():\n" + "    x = 1\n" * 80)
        self.must_fail("a function of 81 lines", "sizes.py", self.root)


class HeaderTags(InCopy):
    def test_clean(self):
        self.must_pass("header_tags.py", self.plant("blobstore.h", HEADER))

    def test_each_violation(self):
        for name, text, words in PLANTED_HEADERS:
            with self.subTest(name):
                self.must_fail(words, "header_tags.py", self.plant("b.h", HEADER + text + "\n"))

    def test_each_pointer_tag(self):
        self.must_pass("header_tags.py", self.plant("b.h", HEADER + POINTERS))
        for name, tags, become, words in PLANTED_TAGS:
            with self.subTest(name):
                self.assertEqual(POINTERS.count(tags), 1, tags)
                planted = self.plant("b.h", HEADER + POINTERS.replace(tags, become))
                self.must_fail(words, "header_tags.py", planted)

    def test_tags_of_ours(self):
        text = (ROOT / "include" / "blobstore.h").read_text()
        self.must_pass("header_tags.py", self.plant("blobstore.h", text))
        tag = re.compile(r" ?\[(?:any|1t|blk|nb|(?:null|own|take|bor|static|use):[^\[\]]*)\]")
        tags = [match.span() for match in tag.finditer(text, text.index('extern "C"'))]
        self.assertGreater(len(tags), 300)
        for first, last in tags[::4]:
            with self.subTest(text[first:last]):
                _, faults = header_tags.check(text[:first] + text[last:])
                self.assertIn("needs", " ".join(words for _, words in faults))


class Exports(InCopy):
    def build(self, extra, *options):
        source = self.plant("a.c", '#include "b.h"\nconst char *blobstore_one(void) { return ""; }\n'
                            + extra)
        library = self.root / "liba.so"
        subprocess.run([*CC.split(), "-shared", "-fPIC", "-o", library, source, *options], check=True)
        return library

    def setUp(self):
        super().setUp()
        self.header = self.plant("b.h", HEADER)
        self.two = "blobstore_status blobstore_two(int x) { return x; }\n"

    def check(self, *args):
        return ["exports.py", "--header", self.header, "--cc", CC, *args]

    def test_map(self):
        self.must_pass(*self.check("--map", self.root / "a.map"))
        library = self.build(self.two + "int stray(void) { return 1; }\n",
                             f"-Wl,--version-script={self.root}/a.map")
        self.must_pass(*self.check("--check", library))
        self.must_pass(*self.check("--needed", library))
        self.must_pass(*self.check("--size", library))

    def test_stray_symbol(self):
        library = self.build(self.two + "int stray(void) { return 1; }\n")
        self.must_fail("exported and not declared: stray", *self.check("--check", library))

    def test_missing_symbol(self):
        library = self.build("")
        self.must_fail("declared and not exported: blobstore_two", *self.check("--check", library))

    def test_needed(self):
        stray = self.root / "libstray.so"
        self.build("").rename(stray)
        library = self.build(self.two, "-Wl,--no-as-needed", str(stray))
        self.must_fail("not a decided dependency", *self.check("--needed", library))

    def test_size(self):
        library = self.build(self.two + "char big[5000000] = {1};\n")
        self.must_fail("5", *self.check("--size", library))


class Coverage(InCopy):
    def setUp(self):
        super().setUp()
        self.plant("tests/unit/a_test.cpp", "TEST(range_test, suffix) {}\n")
        self.plant("scripts/demo.sh", "echo\n")

    def table(self, *table_rows):
        self.plant("docs/coverage.md", "| item | test |\n|---|---|\n" + "\n".join(table_rows) + "\n")

    def test_clean(self):
        self.table("| S3-01 | `range_test.suffix`, `scripts/demo.sh` |", "| S3-02 | range_test |")
        self.must_pass("coverage.py", self.root)

    def test_each_violation(self):
        cases = [("no such test", ["| S3-01 | `range_test.gone` |"]),
                 ("names no test", ["| S3-01 | |"]),
                 ("stands twice", ["| S3-01 | range_test |"] * 2),
                 ("at most a tenth", [f"| S3-{n} | explained: x |" for n in range(2)]
                  + [f"| S4-{n} | range_test |" for n in range(9)]),
                 ("no row", [])]
        for words, table_rows in cases:
            with self.subTest(words):
                self.table(*table_rows)
                self.must_fail(words, "coverage.py", self.root)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = pathlib.Path(sys.argv[1]).resolve()
    if len(sys.argv) > 2:
        CC = sys.argv[2]
    unittest.main(argv=sys.argv[:1])
