"""What a key may do: everything, or the actions that a test granted. What it used of them is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.emulators.aws.wire import Call, Refused
from tests.emulators.aws.world import Credential
from tests.emulators.faults import Reply

SSM_IMAGE = "resolve:ssm:"
TAGS = ("ec2", {"RunInstances", "CreateFleet", "CreateLaunchTemplate", "PurchaseCapacityBlock"})
PUBLIC_IMAGES = "/aws/service/"


def check(credential: Credential, call: Call, template: Mapping[str, Any]) -> None:
    """Raises Refused for the first action that was not granted. `template`: what a fleet is launched from."""
    for action in actions(call, template):
        if credential.granted is not None and action not in credential.granted:
            told = f"User: arn:aws:iam::{credential.account}:user/purser is not authorized to perform: {action}"
            if call.service == "ec2":
                raise Refused("UnauthorizedOperation", f"You are not authorized to perform this operation. {told}", 403)
            code = "AccessDeniedException" if "x-amz-target" in call.request.headers else "AccessDenied"
            raise Refused(code, told, 403 if code == "AccessDenied" else 400)
        credential.used.add(action)


def actions(call: Call, template: Mapping[str, Any]) -> Iterable[str]:
    """All that IAM is asked about a call: its own action first."""
    yield f"{call.service}:{call.operation}"
    if call.service != "ec2":
        return
    params = call.params
    if call.operation in TAGS[1] and params.get("TagSpecifications"):
        yield "ec2:CreateTags"
    if call.operation == "CreateFleet":
        yield "ec2:RunInstances"
    launched = params if call.operation == "RunInstances" else template
    if str(launched.get("ImageId") or "").startswith(SSM_IMAGE):
        yield "ssm:GetParameters"
    if launched.get("IamInstanceProfile"):
        yield "iam:PassRole"


def parameters(call: Call) -> Reply:
    """Systems Manager's GetParameters: the images that AWS keeps under its own names."""
    names = [str(name) for name in json.loads(call.request.body)["Names"]]
    found = [
        {"Name": name, "Type": "String", "Value": "ami-0a1b2c3d4e5f60001", "Version": 1}
        for name in names
        if name.startswith(PUBLIC_IMAGES)
    ]
    unknown = [name for name in names if not name.startswith(PUBLIC_IMAGES)]
    body = json.dumps({"Parameters": found, "InvalidParameters": unknown}).encode()
    return Reply(200, body, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "emulated"})
