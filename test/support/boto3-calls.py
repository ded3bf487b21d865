"""
boto3 as its user has it, asked by lines of standard input: {"service", "action", "input", "region"};
each is answered by a line, {"answer"} or {"error"}. Argument: the endpoint.
"""
import json
import sys
from datetime import datetime, timezone

import boto3
from botocore import xform_name

endpoint = sys.argv[1]
clients = {}


def told(value):
    """A time as JavaScript writes it."""
    assert isinstance(value, datetime)
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def answer(service, action, input, region):
    place = (service, region)
    if place not in clients:
        clients[place] = boto3.client(service, endpoint_url=endpoint, region_name=region)
    client, name = clients[place], xform_name(action)
    if client.can_paginate(name):
        return client.get_paginator(name).paginate(**input).build_full_result()
    answer = getattr(client, name)(**input)
    answer.pop("ResponseMetadata")
    return answer


for line in sys.stdin:
    try:
        told_back = {"answer": answer(**json.loads(line))}
    except Exception as error:
        told_back = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told_back, default=told), flush=True)
