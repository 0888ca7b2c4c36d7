"""A real server for the rows that need one: versitygw by scripts/servers.sh, and the files to send."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import subprocess
import time

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "servers.sh"


class Gateway:
    """Started by whoever uses it first; with its core, as the other server."""

    def __init__(self, folder, core, environment):
        self.folder, self.core, self.environment = folder, core, environment
        self.facts = None

    def start(self):
        """False where versitygw is not installed."""
        if self.facts is None:
            subprocess.run(["taskset", "-c", self.core, SCRIPT, "start", self.folder], check=True,
                           stdout=subprocess.DEVNULL, env=self.environment)
            lines = (self.folder / "env").read_text(encoding="utf-8").splitlines()
            pairs = (line.removeprefix("export ").split("=", 1) for line in lines if "=" in line)
            self.facts = {name: value.strip("'") for name, value in pairs}
        return "BLOBSTORE_TEST_VERSITYGW_PORT" in self.facts

    def words(self):
        """What stands for {endpoint} and {url} in the words of a subject."""
        endpoint = "http://127.0.0.1:" + self.facts["BLOBSTORE_TEST_VERSITYGW_PORT"]
        return {"endpoint": endpoint,
                "url": f"s3://test?endpoint={endpoint}&region=us-east-1&access_key_id={self.keys()[0]}"
                       f"&secret_access_key={self.keys()[1]}"}

    def keys(self):
        return (self.facts["BLOBSTORE_TEST_ACCESS_KEY_ID"], self.facts["BLOBSTORE_TEST_SECRET_ACCESS_KEY"])

    def aws_environment(self):
        """For clients that take their credentials from nowhere else."""
        key, secret = self.keys()
        return dict(self.environment, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret,
                    AWS_REGION="us-east-1")

    def stop(self):
        if self.facts is not None:
            subprocess.run([SCRIPT, "stop", self.folder], check=True, stdout=subprocess.DEVNULL)


def make_files(work, count, size):
    """work/many/00000 and so on, and the commands by which s5cmd puts them."""
    folder = work / "many"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        file = folder / f"{number:05d}"
        if not file.exists() or file.stat().st_size != size:
            file.write_bytes(os.urandom(size))
    (work / "many.txt").write_text(
        "".join(f"cp {folder}/{n:05d} s3://test/s5cmd/{n:05d}\n" for n in range(count)),
        encoding="utf-8")


def timed(command, environment, count):
    """User and system time of the whole process, an operation; None and why where it failed."""
    before, began = os.times(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment,
                          check=False)
    after, ended = os.times(), time.monotonic()
    if done.returncode != 0:
        return None, (done.stderr or done.stdout).strip().splitlines()[-1:] or ["failed"]
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu_us": cpu / count * 1e6, "wall_us": (ended - began) / count * 1e6}, None
