"""The IAM policy of an AWS account: what Purser starts carries its tag, and only what carries it can be ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fleet.providers.aws import order
from fleet.providers.aws.notices import queues
from fleet.providers.policies import PolicyText

TAG = "purser:installation"
READS = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeInstances",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeCapacityBlockOfferings",
    "ec2:GetSpotPlacementScores",
    "pricing:GetProducts",
    "servicequotas:ListServiceQuotas",
    "sts:GetCallerIdentity",
)
STARTS = ("ec2:RunInstances", "ec2:CreateFleet")
TAGS_AT = ("RunInstances", "CreateFleet", "CreateLaunchTemplate")
BUYS_BLOCKS = "PurchaseCapacityBlock"
PARTS = ("image/*", "subnet/*", "security-group/*", "network-interface/*", "volume/*", "key-pair/*",
         "launch-template/*", "placement-group/*", "capacity-reservation/*")  # fmt: skip
NO_BLOCKS = "It buys no capacity blocks: for these, set the account's option buy_blocks to true and paste it again."
BLOCKS = (
    "With it capacity blocks can be bought, of any price, which are paid at once and never given back; set the "
    "account's option buy_blocks to false where nobody may."
)


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """One policy for what speaks to AWS; with a role to assume, another one for who assumes it."""
    role = str(options.get("role_arn") or "")
    keeper = "the role that is assumed" if role else "the role or user of the credential"
    where = "IAM → Policies → Create policy → JSON; attach it to {}."
    note = BLOCKS if options.get("buy_blocks") else NO_BLOCKS
    texts = [_text("IAM policy", where.format(keeper), _statements(options, installation), note)]
    if role:
        takes = [_allow("TakeTheRole", ("sts:AssumeRole",), role)]
        texts.append(_text("IAM policy to assume the role", where.format("the role or user of the credential"), takes))
    return texts


def _statements(options: Mapping[str, Any], installation: str) -> list[dict[str, Any]]:
    ours = {"StringEquals": {f"aws:ResourceTag/{TAG}": installation}}
    tagged = {"StringEquals": {f"aws:RequestTag/{TAG}": installation}}
    blocks = bool(options.get("buy_blocks"))
    tags_at = [*TAGS_AT, BUYS_BLOCKS] if blocks else [*TAGS_AT]
    found = [
        _allow("Read", READS, "*"),
        _allow("StartTagged", STARTS, [_arn("instance/*"), _arn("fleet/*")], tagged),
        _allow("StartWith", STARTS, [_arn(part) for part in PARTS]),
        _allow("TagWhatStarts", ("ec2:CreateTags",), "*", {"StringEquals": {"ec2:CreateAction": tags_at}}),
        _allow("MakeTemplates", ("ec2:CreateLaunchTemplate",), _arn("launch-template/*"), tagged),
        _allow("DropTemplates", ("ec2:DeleteLaunchTemplate",), _arn("launch-template/*"), ours),
        _allow("EndOurs", ("ec2:TerminateInstances",), _arn("instance/*"), ours),
    ]
    if parameters := order.image_parameters(options):
        found.append(_allow("FindImages", ("ssm:GetParameters",), [_parameter(name) for name in parameters]))
    if blocks:
        found.append(_allow("BuyBlocks", (f"ec2:{BUYS_BLOCKS}",), "*"))
    urls = [queue.url for queue in queues(options, options.get("regions") or ("",))]
    if heard := list(dict.fromkeys(map(_queue, urls))):
        found.append(_allow("HearWarnings", ("sqs:ReceiveMessage", "sqs:DeleteMessage"), heard))
    if options.get("instance_profile"):
        passed = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        found.append(_allow("GiveMachinesTheirRole", ("iam:PassRole",), "arn:aws:iam::*:role/*", passed))
    return found


def _text(title: str, where: str, statements: Sequence[Mapping[str, Any]], note: str = "") -> PolicyText:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    granted = {str(action) for one in statements for action in one["Action"]}
    return PolicyText(title, where, text, tuple(sorted(granted)), note)


def _allow(sid: str, actions: tuple[str, ...], resource: Any, condition: Any = None) -> dict[str, Any]:
    found = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def _arn(what: str) -> str:
    return f"arn:aws:ec2:*:*:{what}" if not what.startswith("image/") else f"arn:aws:ec2:*::{what}"


def _parameter(name: str) -> str:
    """Of any version. AWS's own parameters are in no account."""
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    path = name.partition(":")[0].lstrip("/")
    return f"arn:aws:ssm:*:{'' if path.startswith('aws/service/') else '*'}:parameter/{path}"


def _queue(url: str) -> str:
    """The queue's name from `https://sqs.region.amazonaws.com/account/name`; any account's when it cannot be read."""
    account, _, name = url.rstrip("/").rpartition("/")
    number = account.rpartition("/")[2]
    return f"arn:aws:sqs:*:{number if number.isdigit() else '*'}:{name or '*'}"
