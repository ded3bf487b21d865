# An encrypted copy of the provider's snapshot, an image and an instance of it; then its key goes.
import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
ec2 = boto3.client("ec2", endpoint_url=endpoint)
kms = boto3.client("kms", endpoint_url=endpoint)


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


key = kms.create_key(Description="of boto3")["KeyMetadata"]
source = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["imago-micro-*"]}])
source = source["Images"][0]
snapshot = source["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
order = {"SourceRegion": "us-east-1", "SourceSnapshotId": snapshot}
copy = ec2.copy_snapshot(**order, Encrypted=True, KmsKeyId=key["KeyId"])["SnapshotId"]
ec2.get_waiter("snapshot_completed").wait(
    SnapshotIds=[copy], WaiterConfig={"Delay": 1, "MaxAttempts": 300}
)
shown = ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
image = ec2.register_image(
    Name="encrypted by boto3",
    Architecture="x86_64",
    VirtualizationType="hvm",
    RootDeviceName="/dev/xvda",
    BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": copy}}],
)["ImageId"]
mapping = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"][0]
launch = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
instance = ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
ec2.get_waiter("instance_running").wait(
    InstanceIds=[instance], WaiterConfig={"Delay": 1, "MaxAttempts": 300}
)
attached = [{"Name": "attachment.instance-id", "Values": [instance]}]
volume = ec2.describe_volumes(Filters=attached)["Volumes"][0]
default = ec2.copy_snapshot(**order, Encrypted=True)["SnapshotId"]
kms.disable_key(KeyId=key["KeyId"])
print(
    json.dumps(
        {
            "copy": [shown["Encrypted"], shown["State"], shown["KmsKeyId"] == key["Arn"]],
            "image": mapping["Ebs"]["Encrypted"],
            "volume": [volume["Encrypted"], volume["KmsKeyId"] == key["Arn"]],
            "disabled": refused(ec2.run_instances, **launch),
            "shared": refused(
                ec2.modify_snapshot_attribute,
                SnapshotId=default,
                CreateVolumePermission={"Add": [{"UserId": "111122223333"}]},
            ),
            "encrypt": refused(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"plain"),
        }
    )
)
