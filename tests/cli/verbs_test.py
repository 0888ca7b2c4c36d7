#!/usr/bin/env python3
"""Verbs beside copying: tags, buckets, versions; on the fake, on file and on the servers there are."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import time
import unittest
import uuid

from support import PROGRAM, SERVERS, Case, Fake


class Verbs(Case):
    def rows(self, *words):
        done = self.assert_exit(0, *words, "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def feed(self, url, data=b"x"):
        (self.work / "fed").write_bytes(data)
        self.assert_exit(0, "cp", "fed", url)


class Tags(Verbs):
    def check_tags(self):
        url = self.root + "/tagged"
        self.feed(url)
        self.assertEqual(self.rows("tags", "get", url), [{"url": url, "tags": {}}])
        self.assertEqual(
            self.rows("tags", "set", url, "a=1", "b=two words"),
            [{"operation": "tag", "source": url, "tags": {"a": "1", "b": "two words"},
              "success": True}])
        self.assertEqual(self.assert_exit(0, "tags", "get", url).stdout, b"a=1\nb=two words\n")
        self.assert_exit(0, "tags", "set", url, "c=")
        self.assertEqual(self.assert_exit(0, "tags", "get", url).stdout, b"c=\n")
        self.assert_exit(0, "tags", "set", url)
        self.assertEqual(self.assert_exit(0, "tags", "get", url).stdout, b"")
        self.assert_exit(11, "tags", "get", self.root + "/none")

    def test_file(self):
        self.check_tags()

    def test_fake(self):
        Fake(self)
        self.check_tags()

    @unittest.skipUnless(SERVERS, "no server")
    def test_servers(self):
        for server in SERVERS:
            with self.subTest(server):
                self.use_server(server)
                self.check_tags()

    def test_mistakes(self):
        url = self.put("a")
        self.assert_exit(2, "tags", "get", url, "a=1")
        done = self.assert_exit(2, "tags", "set", url, "=1")
        self.assertIn(b"tags set takes NAME=VALUE", done.stderr)
        self.assert_exit(2, "tags", "list", url)
        self.assert_exit(2, "tags", "get")


class Buckets(Verbs):
    def check_buckets(self, bucket):
        row = {"operation": "create", "source": bucket, "success": True}
        self.assertEqual(self.rows("mb", bucket), [row])
        self.feed(bucket + "/a")
        self.assert_exit(1, "rb", bucket)
        self.assert_exit(0, "rm", bucket + "/a")
        self.assertEqual(self.assert_exit(0, "rb", "-v", bucket).stdout.decode(),
                         f"remove {bucket}\n")
        self.assert_exit(11, "ls", bucket)
        self.assert_exit(11, "rb", bucket)

    def test_file(self):
        self.check_buckets(self.root + "/new")

    def test_fake(self):
        fake = Fake(self)
        self.env["BLOBSTORE_URL"] = self.env["BLOBSTORE_URL"].replace("bucket", "other")
        self.check_buckets("s3://other")
        self.assertIn("/other", [row[1].rstrip("/") for row in fake.stop() if row[0] == "DELETE"])

    @unittest.skipUnless(SERVERS, "no server")
    def test_servers(self):
        for server in SERVERS:
            with self.subTest(server):
                self.use_server(server)
                name = "cli-" + uuid.uuid4().hex
                url = os.environ[f"BLOBSTORE_TEST_{server}_URL"]
                self.env["BLOBSTORE_URL"] = url.replace("s3://test", f"s3://{name}")
                self.check_buckets(f"s3://{name}")

    def test_mistakes(self):
        self.assert_exit(2, "mb", "s3://bucket/key")
        self.assert_exit(2, "rb", "s3://bucket/key")
        self.assert_exit(2, "mb", "memory://there")
        self.assert_exit(2, "mb", "--versions", self.root + "/versions")


class Moves(Verbs):
    """The object is replaced while its removal, the second half of the move, is on its way."""

    def move_while_it_changes(self, *options):
        fake = Fake(self, "--rule", "method=DELETE key=source stall=request for-ms=2000")
        self.feed(self.root + "/source", b"old")
        words = [PROGRAM, "mv", *options, self.root + "/source", self.root + "/b"]
        with subprocess.Popen(words, env=self.env, stderr=subprocess.PIPE) as process:
            for _ in range(100):
                if self.run_program("cat", self.root + "/b").returncode == 0:
                    break
                time.sleep(0.05)
            time.sleep(0.5)
            self.feed(self.root + "/source", b"new")
            words = process.stderr.read()
            code = process.wait(30)
        self.assertEqual(self.assert_exit(0, "cat", self.root + "/b").stdout, b"old")
        left = self.run_program("cat", self.root + "/source").stdout
        return code, words, left, fake.stop()

    def test_what_changed_stays_where_that_is_enforced(self):
        code, words, left, asked = self.move_while_it_changes("--if-absent")
        self.assertEqual((code, left), (12, b"new"), words)
        self.assertIn(b"copied, but not removed", words)
        self.assertIn(412, [row[2] for row in asked if row[:2] == ("DELETE", "/bucket/source")])

    def test_elsewhere_nothing_is_asked_for(self):
        code, words, left, asked = self.move_while_it_changes()
        self.assertEqual((code, words, left), (0, b"", b""))
        self.assertEqual([row[2] for row in asked if row[0] == "DELETE"], [204])


class Progress(Verbs):
    def slow(self, source, target):
        return ["cp", "-o", "max_bandwidth_up=1048576", "-o", "max_bandwidth_down=1048576",
                source, target]

    def test_lines_where_no_terminal_is(self):
        Fake(self)
        (self.work / "big").write_bytes(bytes(3 << 20))
        for words in (self.slow("big", self.root + "/a"), self.slow(self.root + "/a", "copy")):
            done = self.assert_exit(0, *words, "--progress")
            lines = done.stderr.decode().splitlines()
            self.assertGreaterEqual(len(lines), 2, lines)
            for line in lines:
                self.assertRegex(line, r"\A\[=*>? *\] +\d+%  [01] done  [0-9.]+ [KM]?i?B of 3.0 MiB  "
                                       r"[0-9.]+ [KM]?i?B/s(  \d:\d\d left)?\Z")
            self.assertRegex(lines[-1], r"\A\[=+\] 100%  1 done  3.0 MiB of 3.0 MiB")
        self.assertEqual(self.assert_exit(0, "cp", self.root + "/a", "copy").stderr, b"")
        done = self.assert_exit(0, "cp", "-q", "--progress", self.root + "/a", "copy")
        self.assertEqual(done.stderr, b"")
        with open(self.work / "big", "rb") as big:
            done = self.assert_exit(0, "cp", "--progress", "-", self.root + "/b", stdin=big)
        self.assertRegex(done.stderr.decode(), r"1 done  3.0 MiB  ")

    def test_a_bar_on_a_terminal(self):
        Fake(self)
        (self.work / "big").write_bytes(bytes(3 << 20))
        text = self.on_terminal(*self.slow("big", self.root + "/a")).decode()
        self.assertRegex(text, r"\r\x1b\[K\[=+> +\] +\d+%  0 done  .* of 3.0 MiB  .*/s  0:0\d left")
        self.assertTrue(text.endswith("\r\x1b[K"), text[-100:])  # it goes when all is done


class Versions(Verbs):
    @unittest.skipUnless("MINIO" in SERVERS, "no server that keeps versions")
    def test_server(self):
        self.use_server("MINIO")
        self.check_versions("test")

    def test_fake(self):
        Fake(self)
        self.check_versions("bucket")

    def check_versions(self, known):
        bucket = "cli-" + uuid.uuid4().hex
        self.env["BLOBSTORE_URL"] = self.env["BLOBSTORE_URL"].replace(f"s3://{known}?", f"s3://{bucket}?")
        self.assert_exit(0, "mb", "--versions", f"s3://{bucket}")
        url = f"s3://{bucket}/a"
        self.feed(url)
        self.feed(url, b"xyz")
        self.assert_exit(0, "rm", url)
        rows = self.rows("ls", "--versions", f"s3://{bucket}")
        self.assertEqual([(r["key"], r["latest"], r["deleted"], r.get("size")) for r in rows],
                         [("a", True, True, None), ("a", False, False, 3), ("a", False, False, 1)])
        self.assertEqual(len({row["version"] for row in rows}), 3)
        lines = self.assert_exit(0, "ls", "--versions", f"s3://{bucket}/").stdout.decode().splitlines()
        for line, row, size in zip(lines, rows, ("DELETED", "3", "1")):
            self.assertEqual(line.split()[1:], [size, row["version"], "a"])
        self.assertEqual(self.assert_exit(0, "ls", f"s3://{bucket}").stdout, b"")
        self.assert_exit(1, "rb", f"s3://{bucket}")

    def test_file_has_none(self):
        self.put("a")
        done = self.assert_exit(2, "ls", "--versions", self.root)
        self.assertIn(b"versions", done.stderr)


if __name__ == "__main__":
    unittest.main()
