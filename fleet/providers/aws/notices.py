"""EventBridge's events out of an SQS queue, as notices. A message stays in the queue until it was acted on."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.outcomes import Notice

log = logging.getLogger(__name__)

WARNING = "EC2 Spot Instance Interruption Warning"
LEAD = timedelta(minutes=2)
"""How long before the end EC2 says so."""


def notice_of(message: Mapping[str, Any]) -> Notice:
    """One message. What is no notice of an end has no machine: it is only taken out of the queue."""
    receipt = str(message["ReceiptHandle"])
    try:
        event = json.loads(message["Body"])
        if event["detail-type"] == WARNING:
            noticed = datetime.fromisoformat(event["time"]).astimezone(UTC)
            return Notice(0, str(event["detail"]["instance-id"]), noticed, noticed + LEAD, receipt)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("a message in the queue of notices makes no sense: %s", type(error).__name__)
    return Notice(0, "", datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(0, UTC), receipt)
