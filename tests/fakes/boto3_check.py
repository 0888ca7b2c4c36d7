# SPDX-License-Identifier: Apache-2.0
"""Runs the official Python client against fake-s3: boto3_check.py PATH_TO_FAKE_S3 (needs boto3)."""

import hashlib
import io
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
from botocore.config import Config

checks = 0
resolve = socket.getaddrinfo


def resolve_local(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    return resolve("127.0.0.1" if name.endswith(".localhost") else host, *rest, **more)


socket.getaddrinfo = resolve_local


def check(condition, what):
    global checks
    if not condition:
        sys.exit(f"boto3_check: {what}")
    checks += 1


def refused(call, status, code):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        got = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        check(got == (status, code), f"expected {status} {code}, got {got}")
        return error.response
    sys.exit(f"boto3_check: expected {status} {code}, got success")


def make_client(endpoint, ca=None, **changes):
    extra = changes.pop("s3", {"addressing_style": "path"})
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        verify=ca,
        region_name=changes.get("region", "us-east-1"),
        aws_access_key_id=changes.get("key", "testkey"),
        aws_secret_access_key=changes.get("secret", "testsecret1234"),
        config=Config(s3=extra, retries={"max_attempts": changes.get("retries", 1)}, signature_version="s3v4",
                      request_checksum_calculation=changes.get("sums", "when_supported")),
    )


KEYS = ["a", "a b", "a+b", "a/./b", "a/../b", "a//b", "/lead", "trail/", "%2F", "ü/é", "~*'()!",
        "q?x=1&y#z", "\U0001f600", "<&>\"'", " ", "=", "k" * 1024]


def keys_and_lists(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        check(s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode(), repr(key))
    listed = []
    for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": 3}):
        listed += [item["Key"] for item in page.get("Contents", [])]
    check(listed == sorted(KEYS, key=lambda key: key.encode()), f"listing {listed}")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="a")
    check([item["Prefix"] for item in page["CommonPrefixes"]] == ["a/"], "common prefixes")
    check([item["Key"] for item in page["Contents"]] == ["a", "a b", "a+b"], "keys beside them")
    check(page["KeyCount"] == 4, "KeyCount")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in KEYS] + [{"Key": "none"}]})
    check(len(answer["Deleted"]) == len(KEYS) + 1 and "Errors" not in answer, "bulk delete")
    check(s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "all gone")
    refused(lambda: s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b""), 400, "KeyTooLongError")


def objects(s3, bucket):
    data = bytes(range(256)) * 1024
    put = s3.put_object(
        Bucket=bucket, Key="o", Body=data, ContentType="text/plain", CacheControl="no-store",
        Metadata={"One": "1", "two": "zwei"})
    check(put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"', "ETag")
    got = s3.get_object(Bucket=bucket, Key="o", Range="bytes=10-19", ChecksumMode="ENABLED")
    check(got["Body"].read() == data[10:20] and got["ContentLength"] == 10, "range")
    check(got["ContentRange"] == f"bytes 10-19/{len(data)}", "Content-Range")
    tail = s3.get_object(Bucket=bucket, Key="o", Range="bytes=-5")
    check(tail["Body"].read() == data[-5:], "suffix")
    head = s3.head_object(Bucket=bucket, Key="o")
    check(head["ContentLength"] == len(data), "head")
    check(head["Metadata"] == {"one": "1", "two": "zwei"}, "metadata")
    check(head["ContentType"] == "text/plain" and head["CacheControl"] == "no-store", "head types")
    refused(lambda: s3.get_object(Bucket=bucket, Key="o", Range="bytes=999999-"), 416,
            "InvalidRange")
    refused(lambda: s3.get_object(Bucket=bucket, Key="o", IfMatch='"x"'), 412, "PreconditionFailed")
    refused(lambda: s3.get_object(Bucket=bucket, Key="o", IfNoneMatch=put["ETag"]), 304, "304")
    refused(lambda: s3.head_object(Bucket=bucket, Key="none"), 404, "404")
    missing = refused(lambda: s3.get_object(Bucket=bucket, Key="none"), 404, "NoSuchKey")
    check(missing["ResponseMetadata"]["RequestId"] and missing["ResponseMetadata"]["HostId"], "ids")
    refused(lambda: s3.get_object(Bucket="missing-bucket", Key="o"), 404, "NoSuchBucket")
    refused(lambda: s3.put_object(Bucket=bucket, Key="o", Body=b"", IfNoneMatch="*"), 412,
            "PreconditionFailed")
    s3.put_object(Bucket=bucket, Key="o", Body=data, IfMatch=put["ETag"], Metadata={"a": "b"})
    s3.copy_object(Bucket=bucket, Key="o c+p%y", CopySource={"Bucket": bucket, "Key": "o"})
    check(s3.head_object(Bucket=bucket, Key="o c+p%y")["Metadata"] == {"a": "b"}, "copy")
    s3.copy_object(Bucket=bucket, Key="o", CopySource={"Bucket": bucket, "Key": "o c+p%y"},
                   MetadataDirective="REPLACE", Metadata={"c": "d"})
    check(s3.head_object(Bucket=bucket, Key="o")["Metadata"] == {"c": "d"}, "replace")
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket=bucket, Key="sum", Body=data, ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
        check(f"Checksum{algorithm}" in got and got["Body"].read() == data, algorithm)
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "o", "ResponseContentType": "x/y"})
    return url, data


def uploads(s3, bucket, endpoint, ca):
    """Multipart uploads; the server was told to take parts from 1 KiB on."""
    chunks = [b"a" * 3000, b"b" * 2000, b"c"]
    for algorithm, kind in (("CRC32", "COMPOSITE"), ("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT"),
                            ("CRC64NVME", "FULL_OBJECT"), (None, None)):
        client = s3 if algorithm else make_client(endpoint, ca, sums="when_required")
        # botocore knows CRC64NVME only with the CRT; full objects need no checksum by part.
        plain = algorithm == "CRC64NVME" or not algorithm
        sums = {} if plain else {"ChecksumAlgorithm": algorithm}
        sender = make_client(endpoint, ca, sums="when_required") if plain else client
        more = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind} if algorithm else {}
        upload = client.create_multipart_upload(
            Bucket=bucket, Key="large o", ContentType="text/y", Metadata={"k": "v"},
            Tagging="a=b&c=d", **more)
        check(upload.get("ChecksumType") == kind, "type of the upload")
        at = {"Bucket": bucket, "Key": "large o", "UploadId": upload["UploadId"]}
        parts = []
        for number, chunk in enumerate(chunks, 1):
            sent = sender.upload_part(Body=chunk, PartNumber=number, **sums, **at)
            check(sent["ETag"] == f'"{hashlib.md5(chunk).hexdigest()}"', "ETag of a part")
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            for name in sent:
                if name.startswith("Checksum") and name != "ChecksumType":
                    parts[-1][name] = sent[name]
        listed = [part for page in client.get_paginator("list_parts").paginate(
            PaginationConfig={"PageSize": 2}, **at) for part in page["Parts"]]
        check([part["PartNumber"] for part in listed] == [1, 2, 3], "list of parts")
        check([part["Size"] for part in listed] == [len(c) for c in chunks], "sizes of parts")
        done = client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **at)
        whole = hashlib.md5(b"".join(hashlib.md5(c).digest() for c in chunks)).hexdigest()
        check(done["ETag"] == f'"{whole}-3"', "ETag of the whole")
        check(done["ChecksumType"] == (kind or "FULL_OBJECT"), "type of the checksum")
        got = s3.get_object(Bucket=bucket, Key="large o")
        check(got["Body"].read() == b"".join(chunks) and got["Metadata"] == {"k": "v"}, "whole")
        check(got["ContentType"] == "text/y" and got["TagCount"] == 2, "attributes of the whole")
        head = s3.head_object(Bucket=bucket, Key="large o", PartNumber=2)
        check(head["PartsCount"] == 3 and head["ContentLength"] == 2000, "head of a part")
        refused(lambda: client.abort_multipart_upload(**at), 404, "NoSuchUpload")


def refused_uploads(endpoint, ca, bucket):
    s3 = make_client(endpoint, ca, sums="when_required", retries=0)
    s3.put_object(Bucket=bucket, Key="source+1", Body=b"0123456789" * 500)
    source = {"Bucket": bucket, "Key": "source+1"}
    etag = s3.head_object(**source)["ETag"]
    keys = ["u/1", "u/2", "u/2", "u/ 3"]
    ids = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in keys]
    seen = [(item["Key"], item["UploadId"]) for page in s3.get_paginator(
        "list_multipart_uploads").paginate(Bucket=bucket, Prefix="u/", PaginationConfig={
            "PageSize": 1}) for item in page["Uploads"]]
    check(seen == sorted(zip(keys, ids)), "list of uploads")
    at = {"Bucket": bucket, "Key": "u/1", "UploadId": ids[0]}
    copy = lambda **more: s3.upload_part_copy(CopySource=source, **{**at, "PartNumber": 1, **more})
    refused(lambda: copy(CopySourceIfMatch='"x"'), 412, "PreconditionFailed")
    refused(lambda: copy(CopySourceIfNoneMatch=etag), 412, "PreconditionFailed")
    refused(lambda: copy(CopySourceRange="bytes=0-5000"), 400, "InvalidArgument")
    refused(lambda: copy(PartNumber=10001), 400, "InvalidArgument")
    refused(lambda: copy(UploadId="none"), 404, "NoSuchUpload")
    first = copy(CopySourceIfMatch=etag, CopySourceRange="bytes=1-1500")["CopyPartResult"]["ETag"]
    last = s3.upload_part(Body=b"end", PartNumber=2, **at)["ETag"]
    small = s3.upload_part(Body=b"small", PartNumber=3, **at)["ETag"]
    one, two = {"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": last}
    three = {"PartNumber": 3, "ETag": small}
    finish = lambda parts, **more: s3.complete_multipart_upload(
        MultipartUpload={"Parts": parts}, **at, **more)
    refused(lambda: finish([two, one]), 400, "InvalidPartOrder")
    refused(lambda: finish([one, {"PartNumber": 2, "ETag": first}]), 400, "InvalidPart")
    refused(lambda: finish([one, two, three]), 400, "EntityTooSmall")
    refused(lambda: finish([one, two], ChecksumCRC64NVME="AAAAAAAAAAA="), 400, "BadDigest")
    refused(lambda: finish([one, two], MpuObjectSize=1), 400, "InvalidRequest")
    s3.put_object(Bucket=bucket, Key="u/1", Body=b"")
    refused(lambda: finish([one, two], IfNoneMatch="*"), 412, "PreconditionFailed")
    refused(lambda: finish([one, two], IfMatch='"x"'), 412, "PreconditionFailed")
    finish([one, two], MpuObjectSize=1503)
    got = s3.get_object(Bucket=bucket, Key="u/1")["Body"].read()
    check(got == (b"0123456789" * 500)[1:1501] + b"end", "copied and sent parts")
    for key, upload in list(zip(keys, ids))[1:]:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    check("Uploads" not in s3.list_multipart_uploads(Bucket=bucket), "all uploads gone")


def sent_hash(s3, call, change=None):
    """What a call promised of its body; change is given the request before it goes out."""
    seen = []

    def look(request, **_):
        seen.append(request.headers["X-Amz-Content-SHA256"])
        if change:
            change(request)

    s3.meta.events.register("before-send.s3", look, unique_id="look")
    try:
        call()
    finally:
        s3.meta.events.unregister("before-send.s3", look, unique_id="look")
    value = seen[0]
    return value.decode() if isinstance(value, bytes) else value


def flip(request):
    """One bit of the body, behind the signature's back."""
    data = request.body if isinstance(request.body, bytes) else request.body.read()
    at = data.index(b"streamed")
    request.body = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def signed_bodies(endpoint, ca, bucket):
    """Each way in which the client signs a body, and one flipped bit in it."""
    data = b"streamed " * 30000
    digest = hashlib.sha256(data).hexdigest()
    ways = [(make_client(endpoint, ca, sums="when_required", retries=0, s3={
        "addressing_style": "path", "payload_signing_enabled": True}), digest,
        "XAmzContentSHA256Mismatch")]
    if ca:  # over plain http the client hashes the body
        ways.append((make_client(endpoint, ca, retries=0), "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "BadDigest"))
    for s3, promise, code in ways:
        def put(key="body"):
            s3.put_object(Bucket=bucket, Key=key, Body=io.BytesIO(data))
        got = sent_hash(s3, put)
        check(got == promise, f"a body was promised as {got}, not {promise}")
        check(s3.get_object(Bucket=bucket, Key="body")["Body"].read() == data, promise)
        refused(lambda: sent_hash(s3, lambda: put("flipped"), flip), 400, code)
        refused(lambda: s3.head_object(Bucket=bucket, Key="flipped"), 404, "404")
        s3.delete_object(Bucket=bucket, Key="body")


def put_by_link(s3, bucket):
    link = s3.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "by link", "ContentType": "text/x", "Metadata": {"a": "b"}})
    headers = {"Content-Type": "text/x", "x-amz-meta-a": "b"}
    send = lambda url, given: urllib.request.urlopen(
        urllib.request.Request(url, data=b"linked", headers=given, method="PUT"))
    with send(link, headers) as answer:
        check(answer.status == 200, "put by link")
    check(s3.get_object(Bucket=bucket, Key="by link")["Body"].read() == b"linked", "linked bytes")
    later = link.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601")
    for url, given in ((link, {**headers, "x-amz-meta-a": "c"}), (later, headers)):
        try:
            send(url, given)
            sys.exit("boto3_check: a changed link was accepted")
        except urllib.error.HTTPError as error:
            check(error.code == 403, "changed link")
    s3.delete_object(Bucket=bucket, Key="by link")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for tls in (False, True):
            command = [sys.argv[1], "--ca-out", folder + "/ca.pem", "--anonymous",
                       "--smallest-part", "1024"]
            server = subprocess.Popen(command + (["--tls"] if tls else []), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            port = server.stdout.readline().split()[1]
            endpoint = f"https://localhost:{port}" if tls else f"http://localhost:{port}"
            ca = folder + "/ca.pem" if tls else None
            s3 = make_client(endpoint, ca)
            s3.create_bucket(Bucket="first")
            check("first" in [item["Name"] for item in s3.list_buckets()["Buckets"]], "buckets")
            keys_and_lists(s3, "first")
            url, data = objects(s3, "first")
            signed_bodies(endpoint, ca, "first")
            uploads(s3, "first", endpoint, ca)
            refused_uploads(endpoint, ca, "first")
            if not tls:
                put_by_link(s3, "first")
                with urllib.request.urlopen(url) as answer:
                    check(answer.read() == data, "link")
                    check(answer.headers["Content-Type"] == "x/y", "response override")
                try:
                    urllib.request.urlopen(url.replace("first/o", "first/sum"))
                    sys.exit("boto3_check: a changed link was accepted")
                except urllib.error.HTTPError as error:
                    check(error.code == 403, "changed link")
                    check(b"SignatureDoesNotMatch" in error.read(), "changed link's code")
            virtual = make_client(endpoint.replace("localhost", "s3.localhost"), ca,
                                  s3={"addressing_style": "virtual"})
            check(virtual.get_object(Bucket="first", Key="o")["Body"].read() == data, "virtual")
            refused(lambda: make_client(endpoint, ca, key="other").list_buckets(), 403,
                    "InvalidAccessKeyId")
            refused(lambda: make_client(endpoint, ca, secret="other").list_buckets(), 403,
                    "SignatureDoesNotMatch")
            # botocore reads the right region from the refusal and signs again.
            elsewhere = make_client(endpoint, ca, region="eu-west-1")
            check(elsewhere.get_object(Bucket="first", Key="o")["Body"].read() == data, "region")
            server.stdin.close()
            check(server.wait(10) == 0, "exit code")
    print(f"boto3 {boto3.__version__}: {checks} checks passed")


main()
