#!/usr/bin/env python3
"""Computes the presigned link of the S3 transcripts by the published algorithm alone and compares it with
expected/s3.txt and expected/s3-tls.txt. usage: presign_fact.py. SPDX-License-Identifier: Apache-2.0"""
import hashlib
import hmac
import pathlib
import sys

KEY_ID, SECRET, REGION, DATE, TIME = "testkey", "testsecret1234", "us-east-1", "20260102", "20260102T030405Z"
HOST, PATH = "s3.test", "/test/demo/hello.txt"
SCOPE = "%s/%s/s3/aws4_request" % (DATE, REGION)
QUERY = ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + (KEY_ID + "/" + SCOPE).replace("/", "%2F") +
         "&X-Amz-Date=" + TIME + "&X-Amz-Expires=900&X-Amz-SignedHeaders=host")


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature():
    canonical = "\n".join(["GET", PATH, QUERY, "host:" + HOST, "", "host", "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = ("AWS4" + SECRET).encode()
    for part in (DATE, REGION, "s3", "aws4_request"):
        key = mac(key, part)
    return mac(key, "\n".join(["AWS4-HMAC-SHA256", TIME, SCOPE, digest])).hex()


def main():
    wrong = 0
    for name, scheme in (("s3.txt", "http"), ("s3-tls.txt", "https")):
        line = "presign: %s://%s%s?%s&X-Amz-Signature=%s" % (scheme, HOST, PATH, QUERY, signature())
        text = (pathlib.Path(__file__).parent / "expected" / name).read_text()
        right = line in text.splitlines()
        wrong += not right
        print("%s %s: %s" % ("ok   " if right else "WRONG", name, line))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
