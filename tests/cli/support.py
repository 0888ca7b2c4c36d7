"""What the tests of the program share: a temporary folder with a store, servers, the fake."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("BLOBSTORE_PROGRAM", "blobstore")
FAKE = os.environ.get("BLOBSTORE_FAKE_S3", "fake-s3")
UPDATE = os.environ.get("BLOBSTORE_UPDATE_GOLDEN") == "1"
SERVERS = [name for name in ("VERSITYGW", "VERSITYGW_TLS", "MINIO", "MINIO_TLS")
           if os.environ.get(f"BLOBSTORE_TEST_{name}_URL")]


def environment(**more):
    """A small one: no settings of the user's, the program first in PATH."""
    keep = {k: v for k, v in os.environ.items()
            if k in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")}
    keep.update(LC_ALL="C.UTF-8", TZ="UTC", **more)
    return keep


class Case(unittest.TestCase):
    """A temporary folder with a store in it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blobstore-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work = self.folder / "work"
        self.store = self.folder / "store"
        self.bin = self.folder / "bin"
        for folder in (self.work, self.store, self.bin):
            folder.mkdir()
        (self.bin / "blobstore").symlink_to(pathlib.Path(PROGRAM).resolve())
        self.root = f"file://{self.store}"
        self.env = environment(ROOT=self.root, DIR=str(self.store), TMPDIR=str(self.folder))
        self.env["PATH"] = f"{self.bin}:{self.env['PATH']}"

    def use_server(self, name):
        self.root = f"s3://test/cli-{uuid.uuid4().hex}"
        self.env.update(
            ROOT=self.root,
            BLOBSTORE_URL=os.environ[f"BLOBSTORE_TEST_{name}_URL"],
            AWS_ACCESS_KEY_ID=os.environ["BLOBSTORE_TEST_ACCESS_KEY_ID"],
            AWS_SECRET_ACCESS_KEY=os.environ["BLOBSTORE_TEST_SECRET_ACCESS_KEY"],
            AWS_CA_BUNDLE=os.environ.get("BLOBSTORE_TEST_CA", ""),
            CURL_CA_BUNDLE=os.environ.get("BLOBSTORE_TEST_CA", ""),
            DIR="", NO_PROXY="*")

    def run_program(self, *words, **options):
        return subprocess.run([PROGRAM, *words], cwd=self.work, env=self.env, timeout=60,
                              stdin=options.pop("stdin", subprocess.DEVNULL),
                              capture_output=True, check=False, **options)

    def assert_exit(self, code, *words, **options):
        done = self.run_program(*words, **options)
        self.assertEqual(done.returncode, code, (words, done.stdout[:500], done.stderr))
        if code not in (0, 4):
            self.assertRegex(done.stderr.decode(), r"\A(blobstore: [^\n]+\n)+\Z")
        return done

    def on_terminal(self, *words):
        """What the program writes to a terminal."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([PROGRAM, *words], stdin=theirs, stdout=theirs, stderr=theirs,
                              env=self.env, cwd=self.work) as process:
            os.close(theirs)
            text = b""
            while True:
                try:
                    more = os.read(ours, 4096)
                except OSError:
                    break
                if not more:
                    break
                text += more
            process.wait(60)
        os.close(ours)
        return text

    def put(self, name, data=b"some bytes"):
        (self.store / name).parent.mkdir(parents=True, exist_ok=True)
        (self.store / name).write_bytes(data)
        return f"{self.root}/{name}"


class Fake:
    """The fake S3 server as a process of its own, with the bucket `bucket`."""

    def __init__(self, case, *words):
        self.log = case.folder / f"fake-{uuid.uuid4().hex}.log"
        command = [FAKE, "--access-key", "key", "--secret-key", "secret", "--log", str(self.log),
                   *words]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        case.addCleanup(self.stop)
        port = self.process.stdout.readline().split()[1].decode()
        self.endpoint = f"http://127.0.0.1:{port}"
        case.root = "s3://bucket"
        case.env.update(
            ROOT=case.root, AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", NO_PROXY="*",
            BLOBSTORE_URL=f"s3://bucket?endpoint={self.endpoint}&region=us-east-1&path_style=true")

    def stop(self):
        """Ends it, and answers what it was asked: (method, target, status, bytes of the body)."""
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(30)
            self.process.stdout.close()
        rows = [line.split() for line in self.log.read_text().splitlines()]
        return [(method, target, int(status), int(size)) for method, target, status, size in rows]
