"""EventBridge's events out of an SQS queue, as notices. A message stays in the queue until it was acted on."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.outcomes import Notice
from fleet.providers.options import refused

_REGION_IN_IT = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.(?:amazonaws|api\.aws|csp)")
log = logging.getLogger(__name__)

WARNING = "EC2 Spot Instance Interruption Warning"
LEAD = timedelta(minutes=2)
"""How long before the end EC2 says so."""


@dataclass(frozen=True)
class Queue:
    """An SQS queue, in its region."""

    region: str
    url: str


def queues(options: Mapping[str, Any], regions: Sequence[str]) -> tuple[Queue, ...]:
    """The account's queues: EventBridge keeps a rule in each region, whose target is a queue of the same region.

    The region of `queue_url` stands in it; where it does not (a private endpoint), it is the account's first one.
    Raises Refused.
    """
    found = options.get("queue_urls") or {}
    if not isinstance(found, Mapping) or not all(region in regions for region in found):
        raise refused('The option queue_urls says a queue for regions of the account: {"us-east-1": "https://sqs.…"}.')
    made = [Queue(str(region), _url(url, "queue_urls")) for region, url in found.items()]
    if one := options.get("queue_url"):
        url = _url(one, "queue_url")
        named = _REGION_IN_IT.match(url)
        made.append(Queue(named[1] or named[2] if named else regions[0], url))
    return tuple({queue.url: queue for queue in reversed(made)}.values())[::-1]


def _url(value: Any, option: str) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise refused(f"The option {option} has addresses of queues, such as https://sqs.us-east-1.amazonaws.com/….")
    return value


def notice_of(message: Mapping[str, Any], queue: str = "") -> Notice:
    """One message of a queue. What is no notice of an end has no machine: it is only taken out of the queue."""
    receipt = str(message["ReceiptHandle"])
    try:
        event = json.loads(message["Body"])
        if event["detail-type"] == WARNING:
            noticed = datetime.fromisoformat(event["time"]).astimezone(UTC)
            return Notice(0, str(event["detail"]["instance-id"]), noticed, noticed + LEAD, receipt, queue)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("a message in the queue of notices makes no sense: %s", type(error).__name__)
    return Notice(0, "", datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(0, UTC), receipt, queue)
