"""Puts a block, says on stderr when it was told to come again, and prints how often it was."""
import base64
import hashlib
import sys

import boto3
from botocore.config import Config

endpoint, snapshot, mode = sys.argv[1:]
config = Config(retries={"mode": mode, "total_max_attempts": 10})
ebs = boto3.client("ebs", endpoint_url=endpoint, region_name="us-east-1", config=config)


def told(response, **_):
    if response is not None and response[0].status_code == 400:
        print("throttled", file=sys.stderr, flush=True)


ebs.meta.events.register_first("needs-retry.ebs.PutSnapshotBlock", told)
block = b"late " * 104857 + b"..."
block = block[:524288].ljust(524288, b".")
answer = ebs.put_snapshot_block(
    SnapshotId=snapshot,
    BlockIndex=0,
    BlockData=block,
    DataLength=len(block),
    Checksum=base64.b64encode(hashlib.sha256(block).digest()).decode(),
    ChecksumAlgorithm="SHA256",
)
print(answer["ResponseMetadata"]["RetryAttempts"])
