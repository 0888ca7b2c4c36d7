#!/usr/bin/env python3
"""The Python clients at the works of the benchmark: boto3, boto3 through the AWS CRT, obstore.

usage: peers.py CLIENT WORK port=N [size=N] [count=N]; prints one line of JSON.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import sys
import time

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI"}
REGION = "us-east-1"


def boto3_client(endpoint):
    """Checksums only where the service demands them, as ours: the default adds CRC32."""
    import boto3
    from botocore.config import Config
    config = Config(s3={"addressing_style": "path"},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=endpoint, region_name=REGION, config=config, **KEYS)


def boto3_works(endpoint, size):
    client = boto3_client(endpoint)
    key = f"{size}/x"
    body = b"x" * size

    def get():
        assert len(client.get_object(Bucket="b", Key=key)["Body"].read()) == size

    def keys_of_listing():
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket="b", PaginationConfig={"MaxItems": 10000, "PageSize": 1000})
        assert sum(len(page["Contents"]) for page in pages) == 10000

    return {
        "get": get,
        "get-blocking": get,
        "put": lambda: client.put_object(Bucket="b", Key="k", Body=body),
        "presign": lambda: client.generate_presigned_url(
            "get_object", Params={"Bucket": "b", "Key": "some/key"}),
        "list": keys_of_listing,
    }


class Sink:
    """A file of nothing but a length."""
    length = 0

    def write(self, data):
        self.length += len(data)
        return len(data)


def crt_works(endpoint, size):
    """The transfer manager that boto3[crt] uses, made by hand: boto3's own goes to AWS alone."""
    import io
    import botocore.session
    from awscrt.auth import AwsCredentialsProvider
    from botocore.config import Config
    from s3transfer.crt import (BotocoreCRTRequestSerializer, CRTTransferManager,
                                create_s3_crt_client)
    provider = AwsCredentialsProvider.new_static(*KEYS.values())
    client = create_s3_crt_client(REGION, provider, use_ssl=False)
    manager = CRTTransferManager(client, BotocoreCRTRequestSerializer(
        botocore.session.Session(),
        {"region_name": REGION, "endpoint_url": endpoint, "config": Config(
            s3={"addressing_style": "path"}, request_checksum_calculation="when_required")}))
    body = b"x" * size

    def get():
        sink = Sink()
        manager.download("bench", f"{size}/x", sink).result()
        assert sink.length == size

    def put():
        manager.upload(io.BytesIO(body), "bench", "k").result()

    return {"get": get, "put": put}


def obstore_works(endpoint, size):
    import obstore
    from obstore.store import S3Store
    store = S3Store("b", endpoint=endpoint, region=REGION,
                    access_key_id=KEYS["aws_access_key_id"],
                    secret_access_key=KEYS["aws_secret_access_key"],
                    virtual_hosted_style_request=False,
                    client_options={"allow_http": True})
    body = b"x" * size

    def get():
        assert len(memoryview(obstore.get(store, f"{size}/x").bytes())) == size

    return {
        "get": get,
        "get-blocking": get,
        "put": lambda: obstore.put(store, "k", body, use_multipart=False),
    }


WORKS = {"boto3": boto3_works, "crt": crt_works, "obstore": obstore_works}


def measured(one, count):
    one()
    wall, cpu = time.monotonic(), time.process_time()
    for _ in range(count):
        one()
    return time.monotonic() - wall, time.process_time() - cpu


def main(client, work, *words):
    for name in [n for n in os.environ if n.startswith("AWS_") or n.lower().endswith("_proxy")]:
        del os.environ[name]
    args = {key: int(value) for key, value in (word.split("=") for word in words)}
    size, count = args.get("size", 64 << 20), args.get("count", 4)
    one = WORKS[client](f"http://127.0.0.1:{args['port']}", size)[work]
    wall, cpu = measured(one, count)
    if work in ("get", "put"):
        moved = size * count / 2**30
        print(json.dumps({"cpu_s_gib": cpu / moved, "wall_s_gib": wall / moved}))
        return
    operations = count * (10000 if work == "list" else 1)
    print(json.dumps({"cpu_us": cpu / operations * 1e6, "wall_us": wall / operations * 1e6,
                      "per_s": operations / wall}))


if __name__ == "__main__":
    main(*sys.argv[1:])
