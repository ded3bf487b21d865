"""A node's life with libcloud: images, key, group, launch, capture, share, stop, end.

Prints one line of JSON with what it saw. Endpoint and keys come from the environment.
"""
import json
import os
from urllib.parse import urlparse

from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

endpoint = urlparse(os.environ["AWS_ENDPOINT_URL"])
# Its default for us-east-1 is version 2 of the signature.
driver = get_driver(Provider.EC2)(
    os.environ["AWS_ACCESS_KEY_ID"],
    os.environ["AWS_SECRET_ACCESS_KEY"],
    region="us-east-1",
    host=endpoint.hostname,
    port=endpoint.port,
    secure=False,
    signature_version="4",
)

seen = {}
image = driver.list_images(ex_owner="amazon")[0]
seen["image"] = image.name
size = next(size for size in driver.list_sizes() if size.id == "t3.micro")
location = driver.list_locations()[0]
seen["location"] = location.name

key = driver.create_key_pair("libcloud")
seen["keys"] = [each.name for each in driver.list_key_pairs()]
group = driver.ex_create_security_group("libcloud", "opens SSH")
driver.ex_authorize_security_group_ingress(
    group["group_id"], 22, 22, cidr_ips=["0.0.0.0/0"]
)

node = driver.create_node(
    name="libcloud",
    image=image,
    size=size,
    location=location,
    ex_keyname=key.name,
    ex_security_groups=["libcloud"],
    ex_userdata="#!/bin/sh\n",
    ex_metadata={"team": "web"},
)
[(node, addresses)] = driver.wait_until_running([node], wait_period=1)
seen["node"] = [node.name, node.state, node.extra["tags"]["team"], len(addresses)]
seen["addresses"] = driver.ex_describe_addresses_for_node(node)

captured = driver.create_image(node, "libcloud-1", description="by libcloud")
seen["captured"] = [each.id == captured.id for each in driver.list_images(ex_owner="self")]
seen["volumes"] = [volume.size for volume in driver.list_volumes(node=node)]
seen["reboot"] = driver.reboot_node(node)
seen["end"] = driver.destroy_node(node)
seen["deleted"] = driver.delete_image(captured)
driver.delete_key_pair(key)
print(json.dumps(seen))
