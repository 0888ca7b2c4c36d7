#!/usr/bin/env python3
"""Every verb with --json, on every kind of store: one JSON object a line and nothing else."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import re
import unittest

from support import Case, Fake


class Json(Case):
    """The rows of each verb are parsed; that all verbs were run is checked against the program."""

    def setUp(self):
        super().setUp()
        self.run_verbs = set()

    def rows(self, code, verb, *words, **options):
        self.run_verbs.add(verb)
        done = self.assert_exit(code, verb, "--json", *words, **options)
        text = done.stdout.decode()
        self.assertTrue(text == "" or text.endswith("\n"))
        rows = [json.loads(line) for line in text.splitlines()]
        for row in rows:
            self.assertIsInstance(row, dict)
        return rows

    def one(self, code, verb, *words, **options):
        rows = self.rows(code, verb, *words, **options)
        self.assertEqual(len(rows), 1, (verb, words, rows))
        return rows[0]

    def assert_failure(self, row, verb):
        self.assertEqual((row["operation"], row["success"]), (verb, False))
        self.assertTrue(row["error"])

    def assert_all_verbs_ran(self):
        done = self.run_program()
        text = re.search(r"a verb is missing: (.*)\n", done.stderr.decode()).group(1)
        self.assertEqual(self.run_verbs, set(re.split(r", | or ", text)))

    def check_what_needs_no_store(self):
        self.assertIn("backends", self.one(0, "version"))
        self.assertIn("Verbs:", self.one(0, "help")["help"])
        self.assertIn("--resume", self.one(0, "help", "cp")["help"])

    def check_store(self):
        """Objects that stay: file and S3."""
        root = self.root
        (self.work / "in").write_bytes(b"\xffbytes")
        (self.work / "d").mkdir()
        (self.work / "d/x").write_bytes(b"x")
        self.assertEqual(self.one(0, "cp", "in", root + "/a")["operation"], "upload")
        self.assertEqual(self.one(0, "cp", "-r", "d", root + "/d")["size"], 1)
        self.assertEqual(self.one(0, "cp", root + "/a", root + "/b")["operation"], "copy")
        self.assertIs(self.one(0, "cp", "-n", root + "/a", "out")["dry_run"], True)
        self.assertEqual(self.one(0, "mv", root + "/b", "out")["operation"], "move")
        self.assertIs(self.one(11, "mv", root + "/b", "out")["success"], False)
        row = self.one(0, "cat", root + "/a")
        self.assertEqual((base64.b64decode(row["base64"]), row["offset"]), (b"\xffbytes", 0))
        rows = self.rows(11, "cat", "--range", "1-2", root + "/a", root + "/none")
        self.assertEqual(base64.b64decode(rows[0]["base64"]), b"by")
        self.assert_failure(rows[1], "cat")
        self.assertEqual(len(self.rows(0, "ls", root + "/")), 2)
        self.assertEqual(self.one(0, "ls", root + "/a*")["key"], "a")
        self.assertEqual(self.one(0, "du", root)["objects"], 2)
        self.assertEqual(self.one(0, "stat", root + "/a")["size"], 6)
        self.assert_failure(self.one(11, "stat", root + "/none"), "stat")
        self.assertIn("url", self.one(0, "presign", root + "/a"))
        self.assertIs(self.one(0, "tags", "set", root + "/a", "a=1")["success"], True)
        self.assertEqual(self.one(0, "tags", "get", root + "/a")["tags"], {"a": "1"})
        self.assert_failure(self.one(11, "tags", "get", root + "/none"), "tags")
        self.assertEqual(self.rows(0, "uploads", "ls", root), [])
        self.assertEqual(self.rows(0, "uploads", "abort", root), [])
        self.assertEqual(self.one(0, "uploads", "abort", "--older-than", "1d", root)["aborted"], 0)
        self.assertIs(self.one(0, "rm", "-n", root + "/a")["dry_run"], True)
        self.assertEqual(len(self.rows(0, "rm", "-r", root + "/")), 2)
        self.assert_exit(2, "cp", "--json", root + "/a", "-")

    def check_bucket(self, bucket):
        self.assertEqual(self.one(0, "mb", bucket)["operation"], "create")
        self.assertEqual(self.one(0, "rb", bucket)["operation"], "remove")
        self.assert_failure(self.one(11, "rb", bucket), "rb")

    def test_file(self):
        self.check_what_needs_no_store()
        self.check_store()
        self.check_bucket(self.root + "/new")
        self.assert_failure(self.one(12, "mb", self.root), "mb")
        self.assert_all_verbs_ran()

    def test_fake(self):
        Fake(self)
        self.check_what_needs_no_store()
        self.check_store()
        self.env["BLOBSTORE_URL"] = self.env["BLOBSTORE_URL"].replace("bucket", "other")
        self.check_bucket("s3://other")
        self.assert_all_verbs_ran()

    def test_memory(self):
        """It is empty in each process: what is there is only what one command makes."""
        self.check_what_needs_no_store()
        root = "memory://m"
        (self.work / "in").write_bytes(b"bytes")
        self.assertEqual(self.one(0, "cp", "in", root + "/a")["size"], 5)
        self.assertIs(self.one(11, "cp", root + "/a", "out")["success"], False)
        self.assertIs(self.one(0, "mv", "in", root + "/a")["success"], True)
        self.assertEqual(self.rows(0, "ls", root), [])
        self.assertEqual(self.one(0, "du", root), {"url": root, "objects": 0, "size": 0})
        self.assertIs(self.one(0, "rm", root + "/a")["success"], True)
        self.assertEqual(self.rows(0, "uploads", "ls", root), [])
        for verb, words in (("cat", []), ("stat", []), ("tags", ["get"])):
            self.assert_failure(self.one(11, verb, *words, root + "/a"), verb)
        for verb, url in (("presign", root + "/a"), ("mb", root), ("rb", root)):
            self.assert_failure(self.one(2, verb, url), verb)
        self.assert_all_verbs_ran()


if __name__ == "__main__":
    unittest.main()
