"""boto3's waiters and paginators, all that are for what Imago has. Prints one line of JSON."""
import json
import os

import boto3

ec2 = boto3.client("ec2", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
at_once = {"Delay": 1, "MaxAttempts": 120}
waited = []


def wait(name, **request):
    ec2.get_waiter(name).wait(WaiterConfig=at_once, **request)
    waited.append(name)


[image] = ec2.describe_images(Owners=["amazon"])["Images"]
wait("image_exists", ImageIds=[image["ImageId"]])
ec2.create_key_pair(KeyName="boto3")
wait("key_pair_exists", KeyNames=["boto3"])
group = ec2.create_security_group(GroupName="boto3", Description="boto3")["GroupId"]
wait("security_group_exists", GroupIds=[group])
made = ec2.run_instances(
    ImageId=image["ImageId"],
    InstanceType="t3.micro",
    KeyName="boto3",
    SecurityGroupIds=[group],
    MinCount=2,
    MaxCount=2,
    TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "by", "Value": "boto3"}]}],
)
ids = [instance["InstanceId"] for instance in made["Instances"]]
wait("instance_exists", InstanceIds=ids)
wait("instance_running", InstanceIds=ids)
wait("instance_status_ok", InstanceIds=ids)
wait("system_status_ok", InstanceIds=ids)
[vpc] = ec2.describe_vpcs()["Vpcs"]
wait("vpc_exists", VpcIds=[vpc["VpcId"]])
wait("vpc_available", VpcIds=[vpc["VpcId"]])
wait("subnet_available")
golden = ec2.create_image(InstanceId=ids[0], Name="boto3", NoReboot=True)["ImageId"]
wait("image_available", ImageIds=[golden])
[mapping] = ec2.describe_images(ImageIds=[golden])["Images"][0]["BlockDeviceMappings"]
snapshot = mapping["Ebs"]["SnapshotId"]
wait("snapshot_completed", SnapshotIds=[snapshot])
ec2.stop_instances(InstanceIds=ids)
wait("instance_stopped", InstanceIds=ids)
mine = {"Filters": [{"Name": "tag:by", "Values": ["boto3"]}]}
pages = ec2.get_paginator("describe_instances").paginate(**mine, PaginationConfig={"PageSize": 5})
found = [
    instance["InstanceId"]
    for page in pages
    for reservation in page["Reservations"]
    for instance in reservation["Instances"]
]
attached = {"Filters": [{"Name": "attachment.instance-id", "Values": ids}]}
volumes = [volume["VolumeId"] for volume in ec2.describe_volumes(**attached)["Volumes"]]
wait("volume_in_use", VolumeIds=volumes)
ec2.terminate_instances(InstanceIds=ids)
wait("instance_terminated", InstanceIds=ids)
wait("volume_deleted", VolumeIds=volumes)
print(json.dumps({"waited": waited, "found": sorted(found) == sorted(ids)}))
