# AWS Backup from a vault to a restored machine, and what lock and hold refuse.
import sys
import time

import boto3
from botocore.exceptions import ClientError

endpoint, account, machine, volume = sys.argv[1:]
backup = boto3.client("backup", endpoint_url=endpoint)
abroad = boto3.client("backup", endpoint_url=endpoint, region_name="eu-west-1")
ec2 = boto3.client("ec2", endpoint_url=endpoint)
role = f"arn:aws:iam::{account}:role/backup"


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def ended(look, member="State"):
    for _ in range(300):
        answer = look()
        if answer[member] not in ("CREATED", "RUNNING", "PENDING"):
            assert answer[member] == "COMPLETED", answer
            return answer
        time.sleep(0.2)
    raise AssertionError("it does not end")


def backed_up(resource):
    arn = f"arn:aws:ec2:us-east-1:{account}:{resource}"
    job = backup.start_backup_job(
        BackupVaultName="weekly",
        ResourceArn=arn,
        IamRoleArn=role,
        Lifecycle={"DeleteAfterDays": 30},
        RecoveryPointTags={"by": "boto3"},
    )
    ended(lambda: backup.describe_backup_job(BackupJobId=job["BackupJobId"]))
    return job["RecoveryPointArn"]


far = abroad.create_backup_vault(BackupVaultName="distant")["BackupVaultArn"]
backup.create_backup_vault(BackupVaultName="weekly")
backup.put_backup_vault_lock_configuration(BackupVaultName="weekly", MinRetentionDays=7)
rule = {
    "RuleName": "every-week",
    "TargetBackupVaultName": "weekly",
    "ScheduleExpression": "cron(0 5 ? * 1 *)",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 180,
    "Lifecycle": {"DeleteAfterDays": 35},
    "CopyActions": [{"DestinationBackupVaultArn": far}],
}
plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "weeks", "Rules": [rule]})
selection = {
    "SelectionName": "tagged",
    "IamRoleArn": role,
    "ListOfTags": [
        {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "nightly"}
    ],
}
plan_id = plan["BackupPlanId"]
chosen = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
backup.update_backup_plan(
    BackupPlanId=plan_id, BackupPlan={"BackupPlanName": "more-weeks", "Rules": [rule]}
)
first = backup.get_backup_plan(BackupPlanId=plan_id, VersionId=plan["VersionId"])
assert first["BackupPlan"]["BackupPlanName"] == "weeks", first
versions = backup.get_paginator("list_backup_plan_versions").paginate(BackupPlanId=plan_id)
assert len([each for page in versions for each in page["BackupPlanVersionsList"]]) == 2

image = backed_up(f"instance/{machine}")
snapshot = backed_up(f"volume/{volume}")
pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
    BackupVaultName="weekly", PaginationConfig={"PageSize": 1}
)
listed = [each["RecoveryPointArn"] for page in pages for each in page["RecoveryPoints"]]
assert sorted(listed) == sorted([image, snapshot]), listed

copy = backup.start_copy_job(
    RecoveryPointArn=snapshot,
    SourceBackupVaultName="weekly",
    DestinationBackupVaultArn=far,
    IamRoleArn=role,
)
copied = ended(lambda: backup.describe_copy_job(CopyJobId=copy["CopyJobId"])["CopyJob"])
there = {"BackupVaultName": "distant", "RecoveryPointArn": copied["DestinationRecoveryPointArn"]}
original = backup.describe_recovery_point(BackupVaultName="weekly", RecoveryPointArn=snapshot)
assert abroad.describe_recovery_point(**there)["CreationDate"] == original["CreationDate"]

metadata = backup.get_recovery_point_restore_metadata(
    BackupVaultName="weekly", RecoveryPointArn=image
)["RestoreMetadata"]
restore = backup.start_restore_job(RecoveryPointArn=image, Metadata=metadata, IamRoleArn=role)
job = ended(
    lambda: backup.describe_restore_job(RestoreJobId=restore["RestoreJobId"]), member="Status"
)
instance = job["CreatedResourceArn"].split("/")[1]
reservations = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
assert len(reservations[0]["Instances"][0]["BlockDeviceMappings"]) == 2, reservations

locked = refused(backup.delete_recovery_point, BackupVaultName="weekly", RecoveryPointArn=image)
assert locked == "InvalidRequestException", locked
assert refused(ec2.delete_snapshot, SnapshotId=snapshot.split("/")[1]) == "InvalidParameterValue"
hold = abroad.create_legal_hold(
    Title="case", Description="all", RecoveryPointSelection={"VaultNames": ["distant"]}
)
assert refused(abroad.delete_recovery_point, **there) == "InvalidRequestException"
abroad.cancel_legal_hold(LegalHoldId=hold["LegalHoldId"], CancelDescription="over")
abroad.delete_recovery_point(**there)
backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=chosen["SelectionId"])
backup.delete_backup_plan(BackupPlanId=plan_id)
print("done")
