"""The IAM policy of an AWS account: what Purser starts carries its tag, and only what carries it can be ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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
PARTS = ("image/*", "subnet/*", "security-group/*", "network-interface/*", "volume/*", "key-pair/*",
         "launch-template/*", "placement-group/*", "capacity-reservation/*")  # fmt: skip


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """One policy, for the role or user of the credential."""
    ours = {"StringEquals": {f"aws:ResourceTag/{TAG}": installation}}
    statements: list[dict[str, Any]] = [
        _allow("Read", READS, "*"),
        _allow(
            "StartTagged",
            STARTS,
            [_arn("instance/*"), _arn("fleet/*")],
            {"StringEquals": {f"aws:RequestTag/{TAG}": installation}},
        ),
        _allow("StartWith", STARTS, [_arn(part) for part in PARTS]),
        _allow(
            "TagWhatStarts",
            ("ec2:CreateTags",),
            "*",
            {"StringEquals": {"ec2:CreateAction": [*TAGS_AT, "PurchaseCapacityBlock"]}},
        ),
        _allow(
            "MakeTemplates",
            ("ec2:CreateLaunchTemplate",),
            _arn("launch-template/*"),
            {"StringEquals": {f"aws:RequestTag/{TAG}": installation}},
        ),
        _allow("DropTemplates", ("ec2:DeleteLaunchTemplate",), _arn("launch-template/*"), ours),
        _allow("EndOurs", ("ec2:TerminateInstances",), _arn("instance/*"), ours),
        _allow("BuyBlocks", ("ec2:PurchaseCapacityBlock",), "*"),
    ]
    if queue_url := str(options.get("queue_url") or ""):
        statements.append(_allow("HearWarnings", ("sqs:ReceiveMessage", "sqs:DeleteMessage"), _queue(queue_url)))
    if options.get("instance_profile"):
        passed = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        statements.append(_allow("GiveMachinesTheirRole", ("iam:PassRole",), "arn:aws:iam::*:role/*", passed))
    if role := str(options.get("role_arn") or ""):
        statements.append(_allow("TakeTheRole", ("sts:AssumeRole",), role))
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    granted = {action for one in statements for action in one["Action"]}
    where = "IAM → Policies → Create policy → JSON; attach it to the role or user of the credential."
    return [PolicyText("IAM policy", where, text, tuple(sorted(granted)))]


def _allow(sid: str, actions: tuple[str, ...], resource: Any, condition: Any = None) -> dict[str, Any]:
    found = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def _arn(what: str) -> str:
    return f"arn:aws:ec2:*:*:{what}" if not what.startswith("image/") else f"arn:aws:ec2:*::{what}"


def _queue(url: str) -> str:
    """The queue's name from `https://sqs.region.amazonaws.com/account/name`; any account's when it cannot be read."""
    account, _, name = url.rstrip("/").rpartition("/")
    number = account.rpartition("/")[2]
    return f"arn:aws:sqs:*:{number if number.isdigit() else '*'}:{name or '*'}"
