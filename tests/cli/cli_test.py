#!/usr/bin/env python3
"""Tests of the built program: golden transcripts, the exit codes one by one, signals and pipes.

The program is the one that BLOBSTORE_PROGRAM names. Everything runs on file:// below a temporary
folder and, if BLOBSTORE_TEST_VERSITYGW_URL or BLOBSTORE_TEST_MINIO_URL (also ..._TLS_URL) name a
server, on that too. BLOBSTORE_UPDATE_GOLDEN=1 writes the transcripts anew.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import HERE, PROGRAM, SERVERS, UPDATE, Case


class Golden(Case):
    """Each file of golden/ is a shell session: `$ command`, what it prints, `? code` if not 0."""

    maxDiff = None

    def normal(self, text):
        text = text.replace(self.root, "<root>").replace(str(self.store), "<dir>")
        if self.root.startswith("s3:"):
            text = text.replace(self.root.removeprefix("s3://test/") + "/", "")
        text = re.sub(r'"etag":"(\\.|[^"\\])*"', '"etag":"<etag>"', text)
        return re.sub(r"20\d\d-\d\d-\d\dT[0-9:.]+Z", "<time>", text)

    def transcript(self, lines):
        result = []
        for line in lines:
            if line.startswith("#"):
                result.append(line)
            if not line.startswith("$ "):
                continue
            done = subprocess.run(["bash", "-c", line[2:]], cwd=self.work, env=self.env, timeout=60,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            result.append(line)
            result += self.normal(done.stdout.decode()).splitlines()
            if done.returncode != 0:
                result.append(f"? {done.returncode}")
        return result

    def play(self, schemes):
        for file in sorted((HERE / "golden").glob("*.txt")):
            if not file.name.startswith(schemes) and file.name.startswith(("file_", "s3_")):
                continue
            with self.subTest(file.name):
                self.doCleanups()
                root = self.root
                self.setUp()
                if root.startswith("s3:"):
                    self.use_server(self.server)
                expected = file.read_text().splitlines()
                found = self.transcript(expected)
                if UPDATE:
                    file.write_text("\n".join(found) + "\n")
                else:
                    self.assertEqual("\n".join(expected), "\n".join(found))

    def test_file(self):
        self.play("file_")

    def test_servers(self):
        if not SERVERS:
            self.skipTest("no BLOBSTORE_TEST_..._URL; scripts/servers.sh start")
        for self.server in SERVERS:
            with self.subTest(self.server):
                self.use_server(self.server)
                self.play("s3_")


class ExitCodes(Case):
    """One test for each row of the table that can be reached without a sync engine."""

    def test_0_done(self):
        self.assert_exit(0, "cat", self.put("a"))
        self.assert_exit(0, "version")
        self.assert_exit(0, "help")
        self.assert_exit(0, "cp", "--help")

    def test_0_empty_listing_and_missing_removal(self):
        self.assert_exit(0, "ls", "-r", self.root + "/")
        self.assert_exit(0, "rm", self.root + "/none")
        self.assert_exit(0, "rm", "-r", self.root + "/")

    def test_1_other_failure(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "cat", self.put("a")], stdout=full,
                                  stderr=subprocess.PIPE, env=self.env, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_1_some_items_failed(self):
        self.put("a")
        self.put("sub/b")
        (self.work / "out").mkdir()
        (self.work / "out/sub").write_text("a file where a folder must be")
        self.assert_exit(1, "cp", "-r", self.root, "out")
        self.assertEqual((self.work / "out/a").read_bytes(), b"some bytes")

    def test_1_unreachable_host(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
            if self.has_backend("s3"):
                self.env.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
                self.assert_exit(1, "cat", "s3://bucket/key", "--storage",
                                 f"s3://bucket?endpoint=http://127.0.0.1:{port}&region=us-east-1")

    def has_backend(self, name):
        done = self.run_program("version", "--json")
        return name in json.loads(done.stdout)["backends"]

    def test_2_usage(self):
        self.assert_exit(2, "ls")
        self.assert_exit(2, "nothing")

    def test_2_configuration(self):
        done = self.assert_exit(2, "-o", "regoin=x", "ls", self.root + "/")
        self.assertIn(b"region", done.stderr)

    def test_2_unknown_scheme(self):
        done = self.assert_exit(2, "cat", "nowhere://x/y")
        self.assertIn(b"nowhere", done.stderr)

    def test_4_skipped(self):
        (self.work / "d").mkdir()
        (self.work / "d/ok").write_text("ok")
        os.mkfifo(self.work / "d/fifo")
        done = self.assert_exit(4, "cp", "-r", "d", self.root + "/d")
        self.assertIn(b"fifo: skipped", done.stderr)
        self.assertEqual((self.store / "d/ok").read_text(), "ok")

    def test_8_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        url = self.put("secret")
        (self.store / "secret").chmod(0)
        self.assert_exit(8, "cat", url)

    def test_8_credentials(self):
        if not SERVERS:
            self.skipTest("no server")
        self.use_server(SERVERS[0])
        self.env["AWS_SECRET_ACCESS_KEY"] = "wrong"
        done = self.assert_exit(8, "ls", self.root + "/")
        self.assertNotIn(b"wrong", done.stderr)

    def test_11_not_found(self):
        done = self.assert_exit(11, "cat", self.root + "/none")
        self.assertIn(b"none", done.stderr)
        self.assert_exit(11, "stat", self.root + "/none")
        self.assert_exit(11, "cp", self.root + "/none", "out")
        self.assert_exit(11, "cp", "none", self.root + "/x")
        self.assert_exit(11, "cp", "-r", self.root + "/none", "out")
        self.assertFalse((self.work / "out").exists())

    def test_11_bucket_not_found(self):
        if not SERVERS:
            self.skipTest("no server")
        self.use_server(SERVERS[0])
        url = self.env["BLOBSTORE_URL"].replace("s3://test", "s3://no-such-bucket-here")
        self.assert_exit(11, "--storage", url, "ls", "s3://no-such-bucket-here/")

    def test_priority(self):
        (self.work / "d").mkdir()
        os.mkfifo(self.work / "d/fifo")
        (self.work / "link").symlink_to("nowhere")
        self.assert_exit(11, "cat", self.put("a"), self.root + "/none")
        self.assert_exit(2, "cat", "nowhere://x/y", self.root + "/none")


class Output(Case):
    """What goes where."""

    def test_json_lines_only(self):
        for name in ("a b/q.txt", "c\nd", 'e"f\\'):
            self.put(name)
        done = self.assert_exit(0, "ls", "-r", "--json", self.root + "/")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["key"] for row in rows], ["a b/q.txt", "c\nd", 'e"f\\'])
        for row in rows:
            self.assertEqual(set(row), {"key", "size", "modified", "etag"})
            self.assertRegex(row["modified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        one = json.loads(self.assert_exit(0, "stat", "--json", self.root + "/a%20b/q.txt").stdout)
        self.assertTrue(one["key"].endswith("a b/q.txt"))
        self.assertEqual(one["size"], 10)
        self.assertEqual(one["metadata"], {})

    def test_key_that_is_not_utf8(self):
        path = os.fsencode(self.store) + b"/\xff\xfe"
        with open(path, "wb"):
            pass
        done = self.assert_exit(0, "ls", "--json", self.root + "/")
        self.assertEqual(json.loads(done.stdout)["key_base64"], "//4=")
        self.assert_exit(0, "cat", self.root + "/%ff%fe")

    def test_failed_items_in_json(self):
        done = self.assert_exit(11, "cp", "--json", self.root + "/none", "out")
        row = json.loads(done.stdout)
        self.assertIs(row["success"], False)
        self.assertIn("none", row["error"])

    def test_broken_pipe_is_quiet(self):
        url = self.put("big", b"line\n" * 2_000_000)
        for words in (["cat", url], ["cp", url, "-"], ["help", "cp"]):
            with subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=self.env) as process:
                process.stdout.read(5)
                process.stdout.close()
                self.assertEqual(process.stderr.read(), b"")
                self.assertEqual(process.wait(60), 0)

    def test_nothing_silent_on_stderr(self):
        done = self.assert_exit(0, "cp", self.put("a"), self.root + "/b")
        self.assertEqual((done.stdout, done.stderr), (b"", b""))

    def test_color_on_a_terminal(self):
        self.assertIn(b"\x1b[31m", self.on_terminal("cat", self.root + "/none"))
        self.env["NO_COLOR"] = "1"
        self.assertNotIn(b"\x1b[", self.on_terminal("cat", self.root + "/none"))

    def test_mtime_survives(self):
        (self.work / "a").write_text("a")
        os.utime(self.work / "a", ns=(0, 1577934245_123456789))
        self.assert_exit(0, "cp", "a", self.root + "/a")
        row = json.loads(self.assert_exit(0, "stat", "--json", self.root + "/a").stdout)
        self.assertEqual(row["metadata"]["mtime"], "1577934245.123456789")
        self.assert_exit(0, "cp", self.root + "/a", "b")
        self.assertEqual((self.work / "b").stat().st_mtime_ns, 1577934245_123456789)

    def test_a_file_that_changes_while_it_is_moved_stays(self):
        with open(self.work / "sparse", "wb") as sparse:
            sparse.truncate(4 << 30)
        with subprocess.Popen([PROGRAM, "mv", "sparse", self.root + "/moved"], cwd=self.work,
                              stderr=subprocess.PIPE, env=self.env) as process:
            time.sleep(0.2)
            with open(self.work / "sparse", "r+b") as sparse:
                sparse.write(b"changed")
            words = process.stderr.read()
            self.assertEqual(process.wait(60), 1, words)
        self.assertIn(b"change", words)
        self.assertEqual((self.work / "sparse").read_bytes()[:7], b"changed")

    def test_removal_leaves_folders_above(self):
        url = self.put("only/one")
        self.assert_exit(0, "rm", url)
        self.assertEqual([path.name for path in self.store.iterdir()], ["only"])

    def test_closed_descriptors_are_an_error(self):
        """The next file or socket must not get their numbers."""
        url = self.put("a", b"old")
        for command in (f"blobstore cat {url} >&-", f"blobstore ls {self.root}/ >&-",
                        f"blobstore cp - {url} <&-"):
            done = subprocess.run(["bash", "-c", command], env=self.env, timeout=60, cwd=self.work,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, (command, done.stdout, done.stderr))
            self.assertIn(b"Bad file descriptor", done.stderr)
        self.assertEqual((self.store / "a").read_bytes(), b"old")

    def test_a_folder_is_not_copied_into_itself(self):
        self.put("a/f")
        (self.store / "link").symlink_to("a")
        for target in ("a/b", "./a/b", "x/../a/b", "link/b"):
            self.assert_exit(2, "cp", "-r", self.root + "/a", f"{self.root}/{target}")
            self.assert_exit(2, "cp", "-r", str(self.store / "a"), f"{self.root}/{target}")
        self.assertEqual(sorted(p.name for p in self.store.rglob("*")), ["a", "f", "link"])

    @unittest.skipUnless(SERVERS, "no server")
    def test_keys_that_no_file_can_have_are_skipped(self):
        store = self.root
        self.use_server(SERVERS[0])
        for key in ("k/good", "k/.blobstore-x"):
            done = subprocess.run([PROGRAM, "cp", "-", f"{self.root}/{key}"], input=b"x", check=False,
                                  env=self.env, timeout=60, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
        for target in (str(self.work / "in"), store + "/in"):
            done = self.assert_exit(4, "cp", "-r", self.root + "/k", target)
            self.assertEqual(done.stderr.count(b"cannot be a local path"), 1, done.stderr)
        for folder in (self.work, self.store):
            self.assertEqual([p.name for p in folder.rglob("*") if p.is_file()], ["good"])
        self.assert_exit(0, "rm", "-r", self.root)

    def test_device_is_written_through(self):
        self.assert_exit(0, "cp", self.put("a"), "/dev/null")
        self.assertFalse(pathlib.Path("/dev/null").is_file())


class Uploads(Case):
    """Uploads that were begun and not ended, on file: their records as the library keeps them."""

    def begin(self, key, number, age_s=0):
        def crc32c(data):
            crc = 0xffffffff
            for byte in data:
                crc ^= byte
                for _ in range(8):
                    crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
            return crc ^ 0xffffffff

        def field(text):
            return len(text).to_bytes(4, "big") + text.encode()

        fields = {"key": key, "id": "-", "attributes": ""}
        data = b"".join(field(name) + field(value) for name, value in fields.items())
        data += crc32c(b"bsf1." + data).to_bytes(4, "big")
        record = self.store / f".blobstore-uploads/{number:016x}"
        record.parent.mkdir(exist_ok=True)
        record.write_bytes(b"bsf1." + base64.urlsafe_b64encode(data).rstrip(b"="))
        parts = record.parent / (record.name + ".parts")
        parts.mkdir()
        (parts / "1").write_bytes(b"part")
        then = time.time_ns() - age_s * 1_000_000_000
        os.utime(record, ns=(then, then))

    def listed(self, *words):
        done = self.assert_exit(0, "uploads", "ls", "--json", *words, self.root)
        return [json.loads(line)["key"] for line in done.stdout.splitlines()]

    def setUp(self):
        super().setUp()
        self.begin("new", 1)
        self.begin("old", 2, 3 * 86400)
        self.begin("dir/older\n", 3, 9 * 86400)

    def test_ls(self):
        self.assertEqual(self.listed(), ["dir/older\n", "new", "old"])
        text = self.assert_exit(0, "uploads", "ls", str(self.store)).stdout.decode()
        self.assertRegex(text.splitlines()[0], r"^20[-0-9T:]+Z dir/older\\x0a$")
        done = self.assert_exit(0, "uploads", "ls", "--json", self.root)
        row = json.loads(done.stdout.splitlines()[0])
        self.assertEqual(set(row), {"key", "begun", "upload"})
        self.assertTrue(row["upload"].startswith("bsu1."))
        self.assertEqual(self.assert_exit(0, "ls", "-r", self.root).stdout, b"")

    def test_abort(self):
        done = self.assert_exit(0, "uploads", "abort", "--older-than", "8d", "--json", self.root)
        self.assertEqual(json.loads(done.stdout), {"operation": "abort", "source": self.root,
                                                   "success": True, "aborted": 1})
        self.assertEqual(self.listed(), ["new", "old"])
        done = self.assert_exit(0, "uploads", "abort", "--json", self.root)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["source"] for row in rows], [self.root + "/new", self.root + "/old"])
        for row in rows:
            self.assertEqual((row["operation"], row["success"]), ("abort", True))
        self.assertEqual(list(self.store.iterdir()), [])
        self.begin("new", 1)
        done = self.assert_exit(0, "uploads", "abort", "-v", self.root)
        self.assertRegex(done.stdout.decode(), r"\Aabort \S+/new begun \S+\n\Z")
        self.assertEqual(list(self.store.iterdir()), [])
        self.assert_exit(0, "uploads", "abort", self.root)

    def test_mistakes(self):
        self.assert_exit(2, "uploads", "abort", "--older-than", "soon", self.root)
        self.assert_exit(2, "uploads", "ls", "--older-than", "1d", self.root)
        self.assert_exit(2, "uploads", "end", self.root)
        self.assert_exit(2, "uploads", "ls")
        self.assert_exit(11, "uploads", "ls", self.root + "/none")

    @unittest.skipUnless(SERVERS, "no server")
    def test_servers(self):
        for server in SERVERS:
            with self.subTest(server):
                self.use_server(server)
                self.assertEqual(self.listed(), [])
                self.assert_exit(0, "uploads", "abort", self.root)


class Signals(Case):
    """A stop by the user: its exit code, no word, nothing left behind."""

    def stop(self, number, words, fed=b"x" * 300_000):
        before = set(self.folder.rglob("*"))
        with subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.env, cwd=self.work) as process:
            process.stdin.write(fed)
            process.stdin.flush()
            time.sleep(0.3)
            process.send_signal(number)
            self.assertEqual(process.wait(10), 128 + number)
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(set(self.folder.rglob("*")), before)

    def test_interrupt_while_reading(self):
        self.stop(signal.SIGINT, ["cp", "-", self.root + "/a"])

    def test_terminate_while_reading(self):
        self.stop(signal.SIGTERM, ["cp", "-", self.root + "/a"])

    def test_interrupt_while_writing(self):
        url = self.put("big", b"x" * 1_000_000)
        with subprocess.Popen([PROGRAM, "cat", url], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.env) as process:
            time.sleep(0.3) # the pipe is full now
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(10), 130)
            self.assertEqual(process.stderr.read(), b"")

    def test_interrupt_while_a_large_file_is_copied(self):
        with open(self.work / "sparse", "wb") as sparse:
            sparse.truncate(4 << 30)
        with subprocess.Popen([PROGRAM, "cp", "sparse", self.root + "/copy"], cwd=self.work,
                              stderr=subprocess.PIPE, env=self.env) as process:
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            self.assertEqual(process.wait(30), 130)
            self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(list(self.store.iterdir()), [])

    def test_what_was_done_is_shown(self):
        source = self.work / "many"
        source.mkdir()
        for i in range(2000):
            (source / f"{i:04}").write_text("x")
        with subprocess.Popen([PROGRAM, "cp", "-rv", "-j", "1", "many", self.root + "/in"],
                              cwd=self.work, stdout=subprocess.PIPE, env=self.env) as process:
            while len(list((self.store / "in").glob("*"))) < 50:
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            lines = process.stdout.read().splitlines()
            self.assertEqual(process.wait(10), 143)
        done = len(list((self.store / "in").glob("*")))
        self.assertGreaterEqual(len(lines), 49)
        self.assertLessEqual(abs(done - len(lines)), 1)

    def test_interrupt_while_waiting_for_a_server(self):
        done = self.run_program("version", "--json")
        if "s3" not in json.loads(done.stdout)["backends"]:
            self.skipTest("no s3 in this build")
        self.env.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            port = silent.getsockname()[1]
            storage = f"s3://bucket?endpoint=http://127.0.0.1:{port}&region=us-east-1"
            self.stop(signal.SIGINT, ["cp", "--storage", storage, "s3://bucket/key", "out"], b"")

    def test_pages_that_go_round_in_a_circle(self):
        done = self.run_program("version", "--json")
        if "s3" not in json.loads(done.stdout)["backends"]:
            self.skipTest("no s3 in this build")
        self.env.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
        asked = []

        class Alternating(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked.append(self.path)
                token = "ABAB"[len(asked) % 2]
                body = (f"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
                        f"{token}</NextContinuationToken><Contents><Key>k{token}</Key></Contents>"
                        f"</ListBucketResult>").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Alternating) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            storage = f"s3://bucket?endpoint=http://127.0.0.1:{server.server_port}&region=us-east-1"
            done = self.run_program("ls", "--storage", storage, "s3://bucket/")
            server.shutdown()
            thread.join()
        self.assertEqual(done.returncode, 1)
        self.assertIn("goes round in a circle", str(done.stderr))
        self.assertLessEqual(len(asked), 6)


if __name__ == "__main__":
    unittest.main()
