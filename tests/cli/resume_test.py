#!/usr/bin/env python3
"""Transfers of the program that go on after it was killed, against the fake, which counts."""
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import stat
import subprocess
import time
import unittest

from support import PROGRAM, Case, Fake

PART = 5 << 20
PARTS = 8
SMALL_PARTS = ["-o", f"part_size={PART}", "-o", f"multipart_threshold={PART}", "-o",
               "parallel_parts=2"]


class Resume(Case):
    """The fourth part of the first try stands still for ever."""

    def setUp(self):
        super().setUp()
        self.fake = Fake(self, "--rule", "method=PUT query=partNumber%3D4%26 stall=request_body")
        self.env["XDG_STATE_HOME"] = str(self.folder / "state home")
        self.states = self.folder / "state home/blobstore"
        self.content = os.urandom(PART * (PARTS - 1) + 77)
        (self.work / "big").write_bytes(self.content)

    def newest(self, folder):
        """Of the states, not of what is about to take their names."""
        return max((file.stat().st_mtime_ns for file in folder.glob("[!.]*")), default=0)

    def kill_when_still(self, *words, folder):
        """Kills it when no part has been noted down for a second."""
        with subprocess.Popen([PROGRAM, *words], cwd=self.work, env=self.env) as process:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                self.assertIsNone(process.poll())
                newest = self.newest(folder)
                if newest and time.time_ns() - newest > 1_000_000_000:
                    break
                time.sleep(0.05)
            process.kill()
            self.assertEqual(process.wait(10), -signal.SIGKILL)

    def assert_went_on(self, key):
        done = subprocess.run([PROGRAM, "cat", f"{self.root}/{key}"], env=self.env, check=True,
                              timeout=60, capture_output=True)
        self.assertTrue(done.stdout == self.content)
        self.assertEqual(self.assert_exit(0, "uploads", "ls", self.root).stdout, b"")
        asked = self.fake.stop()
        parts = [row for row in asked if row[0] == "PUT" and "partNumber=" in row[1]]
        self.assertLessEqual(len(parts), PARTS + 2)  # what was in flight at the kill
        self.assertLessEqual(sum(row[3] for row in parts if row[2] == 200), len(self.content) + PART)
        begun = [row for row in asked if row[0] == "POST" and "?uploads" in row[1]]
        self.assertEqual(len(begun), 1)

    def test_a_killed_upload_sends_only_the_rest(self):
        words = ["cp", *SMALL_PARTS, "--resume", "big", self.root + "/key"]
        self.kill_when_still(*words, folder=self.states)
        self.assertEqual(stat.S_IMODE(self.states.stat().st_mode), 0o700)
        state, = self.states.iterdir()
        self.assertRegex(state.name, r"\A[0-9a-f]{32}\Z")
        self.assertEqual(stat.S_IMODE(state.stat().st_mode), 0o600)
        self.assert_exit(0, *words)
        self.assertEqual(list(self.states.iterdir()), [])
        self.assert_went_on("key")

    def test_a_killed_move_of_a_folder_goes_on(self):
        os.renames(self.work / "big", self.work / "d/sub/big")
        (self.work / "d/small").write_bytes(b"x")
        words = ["mv", "-r", *SMALL_PARTS, "--resume=kept", "d", self.root + "/d"]
        self.kill_when_still(*words, folder=self.work / "kept")
        self.assertTrue((self.work / "d/sub/big").exists())
        self.assert_exit(0, *words)
        self.assertEqual(list((self.work / "kept").iterdir()), [])
        self.assertFalse((self.work / "d/sub/big").exists())
        self.assert_went_on("d/sub/big")

    def test_what_changed_is_refused_and_named(self):
        (self.work / "kept").mkdir()
        words = ["cp", *SMALL_PARTS, "--resume=kept/at", "big", self.root + "/key"]
        self.kill_when_still(*words, folder=self.work / "kept")
        with open(self.work / "big", "ab") as big:
            big.write(b"more")
        done = self.assert_exit(1, *words)
        self.assertRegex(done.stderr.decode(), "not what it was when the upload began.*kept in kept/at")
        os.unlink(self.work / "kept/at")
        self.assert_exit(0, "uploads", "abort", self.root)
        self.assert_exit(0, *words)

    def test_little_leaves_nothing(self):
        (self.work / "little").write_bytes(b"x")
        self.assert_exit(0, "cp", "--resume", "little", self.root + "/little")
        self.assertEqual(list(self.states.iterdir()), [])
        self.env["XDG_STATE_HOME"] = "relative"
        self.env["HOME"] = str(self.folder / "home")
        self.assert_exit(0, "cp", "--resume", "little", self.root + "/little")
        self.assertTrue((self.folder / "home/.local/state/blobstore").is_dir())
        del self.env["HOME"]
        done = self.assert_exit(2, "cp", "--resume", "little", self.root + "/little")
        self.assertIn(b"XDG_STATE_HOME", done.stderr)

    def test_what_cannot_go_on(self):
        for source, target in (("-", self.root + "/a"), (self.root + "/a", "-"),
                               (self.root + "/a", self.root + "/b"), ("/dev/zero", self.root + "/a"),
                               (self.root + "/a", "/dev/null")):
            done = self.assert_exit(2, "cp", "--resume", source, target)
            self.assertIn(b"--resume is for uploads and downloads", done.stderr)
        self.assertFalse(self.states.exists())

    def stall_gets(self, key):
        """Downloads have parts of 8 MiB; the third asked for stands still in its body,
        which may be the last one, of 77 bytes."""
        self.fake.stop()
        rule = f"method=GET key={key} nth=3 stall=answer_body:10"
        self.fake = Fake(self, "--rule", rule)
        self.content = os.urandom((40 << 20) + 77)
        (self.work / "big").write_bytes(self.content)
        self.assert_exit(0, "cp", "big", f"{self.root}/{key}")

    def assert_fetched_once(self, key, folder):
        self.assertEqual(list(folder.iterdir()), [])
        self.assertEqual(list(self.work.glob("**/.blobstore*")), [])
        asked = [row for row in self.fake.stop() if row[0] == "GET" and row[1] == f"/bucket/{key}"]
        self.assertLessEqual(len(asked), 6 + 2)  # what was in flight at the kill, more than once

    def test_a_killed_download_fetches_only_the_rest(self):
        self.stall_gets("key")
        words = ["cp", "--resume", self.root + "/key", "out"]
        self.kill_when_still(*words, folder=self.states)
        self.assertFalse((self.work / "out").exists())
        state, = self.states.iterdir()
        self.assertEqual(stat.S_IMODE(state.stat().st_mode), 0o600)
        self.assert_exit(0, *words)
        self.assertTrue((self.work / "out").read_bytes() == self.content)
        self.assert_fetched_once("key", self.states)

    def test_a_killed_move_of_what_fits_goes_on(self):
        self.stall_gets("d/key")
        (self.work / "to").mkdir()
        words = ["mv", "--resume=kept", self.root + "/d/k*", "to/"]
        self.kill_when_still(*words, folder=self.work / "kept")
        self.assert_exit(0, *words)
        self.assertTrue((self.work / "to/key").read_bytes() == self.content)
        self.assert_exit(11, "stat", self.root + "/d/key")
        self.assert_fetched_once("d/key", self.work / "kept")


if __name__ == "__main__":
    unittest.main()
