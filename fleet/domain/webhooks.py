"""Webhooks: how a message is signed, when it is tried again, and which events a hook wants to hear of.

The signature is that of the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`, so that a receiver
can refuse what was changed, what was sent by somebody else and what was recorded and sent again. While a secret is
being replaced a message carries a signature of each.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

BEGINNING = "whsec_"
SECRET_BYTES = 32
WAITS_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200)
"""Real seconds between attempts: ten attempts in about a day."""
MOST_ATTEMPTS = len(WAITS_SECONDS) + 1
LONGEST_RETRY_AFTER = timedelta(hours=12)
TOLERANCE = timedelta(minutes=5)
"""How old a message's timestamp may be before a receiver should refuse it."""


def secret_text(randomness: bytes) -> str:
    """A secret as it is shown: `whsec_` and base64 of SECRET_BYTES random bytes."""
    if len(randomness) != SECRET_BYTES:
        raise ValueError(f"a webhook's secret is made of {SECRET_BYTES} random bytes")
    return BEGINNING + base64.b64encode(randomness).decode()


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: `v1,<base64>` for each secret. Raises ValueError for what is no secret."""
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return " ".join(
        "v1," + base64.b64encode(hmac.new(_key(secret), signed, sha256).digest()).decode() for secret in secrets
    )


def wait_before(attempt: int, message_id: str) -> timedelta | None:
    """How long to wait after `attempt` failed (1 is the first); None: that was the last one.

    Spread by up to a tenth either way, by the message's id, so that what failed together is not retried together.
    """
    if not 1 <= attempt < MOST_ATTEMPTS:
        return None
    spread = sha256(f"{message_id}:{attempt}".encode()).digest()[0] / 255 * 0.2 - 0.1
    return timedelta(seconds=WAITS_SECONDS[attempt - 1] * (1 + spread))


def wants(topics: Sequence[str], topic: str) -> bool:
    """Whether a hook with these patterns hears of `topic`: a whole topic or `noun.*`; none at all means every topic."""
    return not topics or any(
        topic == pattern or (pattern.endswith(".*") and topic.startswith(pattern[:-1])) for pattern in topics
    )


def _key(secret: str) -> bytes:
    if not secret.startswith(BEGINNING):
        raise ValueError("a webhook's secret begins with whsec_")
    try:
        return base64.b64decode(secret.removeprefix(BEGINNING), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook's secret is base64 after whsec_") from error
