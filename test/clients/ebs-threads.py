"""What a backup program does with boto3: 64 threads put blocks, then all is read again."""
import base64
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

SIZE = 524288
config = Config(max_pool_connections=64, retries={"max_attempts": 1})
ebs = boto3.client("ebs", endpoint_url=sys.argv[1], config=config)
ec2 = boto3.client("ec2", endpoint_url=sys.argv[1], config=config)


def told(call, **arguments):
    """The name of the exception, and its reason."""
    try:
        call(**arguments)
        return "none"
    except ebs.exceptions.ClientError as error:
        return "%s %s" % (error.response["Error"]["Code"], error.response.get("Reason"))


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def block(index):
    return hashlib.sha256(b"%d" % index).digest() * (SIZE // 32)


def put(index, data=None, **more):
    data = data or block(index)
    arguments = dict(
        SnapshotId=snapshot,
        BlockIndex=index,
        BlockData=data,
        DataLength=SIZE,
        Checksum=digest(data),
        ChecksumAlgorithm="SHA256",
    )
    return ebs.put_snapshot_block(**{**arguments, **more})


started = ebs.start_snapshot(VolumeSize=1, Timeout=10, ClientToken="a", Description="by boto3")
snapshot = started["SnapshotId"]
print(started["Status"], started["BlockSize"])
indexes = list(range(0, 2048, 16))
with ThreadPoolExecutor(64) as pool:
    puts = [pool.submit(put, index) for index in indexes]
    while not all(each.done() for each in puts):
        [seen] = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
        assert seen["State"] == "pending", seen
    checksums = [each.result()["Checksum"] for each in puts]
assert checksums == [digest(block(index)) for index in indexes]
put(16)

print(told(put, index=2048))
print(told(put, index=1, Checksum=digest(b"other")))
print(told(put, index=1, data=block(1)[1:]))
print(told(put, index=1, DataLength=524287))
print(told(put, index=1, SnapshotId="snap-0fedcba9876543210"))
print(told(ebs.start_snapshot, VolumeSize=2, Timeout=10, ClientToken="a", Description="by boto3"))
print(told(ebs.start_snapshot, VolumeSize=1, Encrypted=False, KmsKeyArn="alias/none"))
print(told(ebs.list_snapshot_blocks, SnapshotId=snapshot))
print(told(ebs.complete_snapshot, SnapshotId=snapshot, ChangedBlocksCount=len(indexes) + 1))

linear = hashlib.sha256(b"".join(base64.b64decode(each) for each in checksums)).digest()
complete = dict(
    SnapshotId=snapshot,
    ChangedBlocksCount=len(indexes),
    Checksum=base64.b64encode(linear).decode(),
    ChecksumAlgorithm="SHA256",
    ChecksumAggregationMethod="LINEAR",
)
print(ebs.complete_snapshot(**complete)["Status"], ebs.complete_snapshot(**complete)["Status"])
print(told(put, index=1))
ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot])

listed = []
page = {}
while not listed or "NextToken" in page:
    more = {"NextToken": page["NextToken"]} if page else {}
    page = ebs.list_snapshot_blocks(SnapshotId=snapshot, MaxResults=100, **more)
    listed += page["Blocks"]
assert [each["BlockIndex"] for each in listed] == indexes


def get(each):
    answer = ebs.get_snapshot_block(SnapshotId=snapshot, **each)
    data = answer["BlockData"].read()
    assert answer["Checksum"] == digest(data) and answer["DataLength"] == len(data)
    return data == block(each["BlockIndex"])


with ThreadPoolExecutor(16) as pool:
    print(all(pool.map(get, listed)))
wrong = dict(listed[0], BlockIndex=16)
print(told(ebs.get_snapshot_block, SnapshotId=snapshot, **wrong))

child = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=snapshot)["SnapshotId"]
parent, snapshot = snapshot, child
put(5)
ebs.complete_snapshot(SnapshotId=child, ChangedBlocksCount=1)
changed = ebs.list_changed_blocks(FirstSnapshotId=parent, SecondSnapshotId=child)
print([(each["BlockIndex"], "FirstBlockToken" in each) for each in changed["ChangedBlocks"]])

snapshot = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
put(0)
ec2.delete_snapshot(SnapshotId=snapshot)
print(told(put, index=0))
