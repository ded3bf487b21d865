"""Asks by boto3 for each of the actions that argv[1] has as JSON; prints what it read, as JSON."""
import json
import os
import sys
from datetime import datetime, timezone

import boto3
from botocore import xform_name


def told(value):
    """A time as JavaScript writes it."""
    assert isinstance(value, datetime)
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


answers = []
for asked in json.loads(sys.argv[1]):
    client = boto3.client(
        asked["service"],
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=asked["key"]["accessKeyId"],
        aws_secret_access_key=asked["key"]["secretAccessKey"],
    )
    answer = getattr(client, xform_name(asked["action"]))(**asked["input"])
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] in (200, 201, 204)
    answers.append(answer)
print(json.dumps(answers, default=told))
