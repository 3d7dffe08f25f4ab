"""Notices that AWS takes a machine back: EventBridge's event, as its rule puts it into the account's SQS queue."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

from tests.emulators.aws import catalogue
from tests.emulators.aws.machines import Machine, now
from tests.emulators.aws.plain import Moto
from tests.emulators.aws.world import World

QUEUE = "purser-notices"
NOTICE = timedelta(minutes=2)


def make_queue(moto: Moto, account: str, region: str, base_url: str) -> str:
    """The address of the account's new queue in a region, which gives a message again at once."""
    name = QUEUE if region == catalogue.REGIONS[0] else f"{QUEUE}-{region}"
    params = {"QueueName": name, "Attributes": {"VisibilityTimeout": "0", "ReceiveMessageWaitTimeSeconds": "0"}}
    return str(moto.sqs(account, region, "CreateQueue", params, base_url)["QueueUrl"])


def take_back(world: World, moto: Moto, machine: Machine, notice: timedelta, base_url: str) -> dict[str, str]:
    """Give notice; the machine ends when it is over."""
    at = now()
    machine.ends_at, machine.ended_by_aws = at + notice, True
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "EC2 Spot Instance Interruption Warning",
        "source": "aws.ec2",
        "account": machine.account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": machine.region,
        "resources": [f"arn:aws:ec2:{machine.zone}:instance/{machine.id}"],
        "detail": {"instance-id": machine.id, "instance-action": "terminate"},
    }
    # A rule of EventBridge is of a region, and so is the queue that it feeds.
    known = [item.queue_urls for item in world.credentials.values() if item.account == machine.account]
    queue = known[0][machine.region]
    message = {"QueueUrl": queue, "MessageBody": json.dumps(event)}
    moto.sqs(machine.account, machine.region, "SendMessage", message, base_url)
    return {"event_id": str(event["id"]), "ends_at": machine.ends_at.isoformat()}
