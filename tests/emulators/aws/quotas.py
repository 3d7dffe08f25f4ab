"""Service Quotas of EC2: the limits, not what is used of them."""

from __future__ import annotations

from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.paging import page
from tests.emulators.aws.wire import Refused


def get_quota(ask: Ask) -> dict[str, Any]:
    """The answer to GetServiceQuota. Raises Refused."""
    code = ask.params["QuotaCode"]
    if code not in _names():
        told = "The request failed because the specified service quota does not exist."
        raise Refused("NoSuchResourceException", told)
    return {"Quota": _quota(ask, code)}


def list_quotas(ask: Ask) -> dict[str, Any]:
    """The answer to ListServiceQuotas. Raises Refused."""
    rows = [_quota(ask, code) for code in sorted(_names())]
    got, following = page(rows, ask.params, least=1, most=100, default=100)
    return {"Quotas": list(got), **({"NextToken": following} if following else {})}


def _names() -> dict[str, str]:
    buckets = catalogue.QUOTAS.values()
    return {bucket[0]: bucket[1] for bucket in buckets} | {bucket[2]: bucket[3] for bucket in buckets}


def _quota(ask: Ask, code: str) -> dict[str, Any]:
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{ask.region}:{ask.account}:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": _names()[code],
        "Value": ask.world.quota(ask.account, ask.region, code),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
