"""Compares the raw layer with the layout table, tests/ffi/layout.txt. SPDX-License-Identifier: Apache-2.0"""
import ctypes
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from blobstore import _raw as raw  # noqa: E402

TABLE = os.environ.get("BLOBSTORE_LAYOUT") or HERE.parents[2] / "tests" / "ffi" / "layout.txt"


def mirror():
    found = {}
    for name, value in vars(raw).items():
        if name.startswith("BLOBSTORE_"):
            found["const " + name] = value
        elif name.startswith("blobstore_") and hasattr(value, "_fields_"):
            found["size " + name] = ctypes.sizeof(value)
            for field in value._fields_:
                found["offset %s.%s" % (name, field[0])] = getattr(value, field[0]).offset
    return found


class Layout(unittest.TestCase):
    def test_layout_is_the_table(self):
        with open(TABLE) as lines:
            table = {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
        self.assertEqual(mirror(), table)

    def test_library_answers(self):
        self.assertGreaterEqual(raw.blobstore_version(), raw.BLOBSTORE_HEADER_VERSION)
        self.assertEqual(raw.blobstore_status_name(raw.BLOBSTORE_E_NOT_FOUND), b"E_NOT_FOUND")


if __name__ == "__main__":
    unittest.main()
