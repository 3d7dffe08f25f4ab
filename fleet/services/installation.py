"""Who we are to the clouds: our id, the proof that a machine is ours, and the counter of launches."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F

from fleet.models import Installation

TAG_INSTALLATION = "purser:installation"
TAG_PROJECT = "purser:project"
TAG_ALLOCATION = "purser:allocation"
TAG_SLOT = "purser:slot"
TAG_ATTEMPT = "purser:attempt"
TAG_FLEET = "purser:fleet"
TAG_SEQUENCE = "purser:sequence"
TAG_PROOF = "purser:sig"


def installation() -> Installation:
    """This installation's row, made at the first use."""
    row, _ = Installation.objects.get_or_create(pk=1)
    return row


def subject_of(row: Installation) -> str:
    """What events and requests about the installation as a whole call it."""
    return str(row.uuid)


def next_sequence() -> int:
    """The number of the next launch. Call inside the launch transaction: an aborted launch uses none up."""
    installation()
    Installation.objects.filter(pk=1).update(launch_sequence=F("launch_sequence") + 1)
    return Installation.objects.values_list("launch_sequence", flat=True).get(pk=1)


def client_token(attempt_id: str) -> str:
    """The idempotency token of an attempt: a UUID nobody without our key can make, legal on every cloud."""
    digest = _sign("token", attempt_id, settings.SECRET_KEY)
    return str(uuid.UUID(bytes=digest[:16], version=4))


@dataclass(frozen=True)
class Marks:
    """What the tags of a machine say. `proven` only when the signature is ours.

    It was launched by an attempt, or with others by a fleet: then which attempt it belongs to stands in our rows.
    """

    installation: str
    attempt: str
    fleet: str
    slot: str
    sequence: int
    proven: bool


def proof(launch_id: str, cloud: str, region: str) -> str:
    """The signature a machine of ours carries, over its attempt or its fleet: editing tags does not make one."""
    return _sign("owner", f"{launch_id}|{cloud}|{region}", settings.SECRET_KEY).hex()[:40]


def read_marks(tags: dict[str, str], *, cloud: str, region: str) -> Marks:
    """Our reading of a machine's tags; older keys (SECRET_KEY_FALLBACKS) still prove what they signed."""
    attempt, fleet = tags.get(TAG_ATTEMPT, ""), tags.get(TAG_FLEET, "")
    launch_id = attempt or fleet
    signed = tags.get(TAG_PROOF, "")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    message = f"{launch_id}|{cloud}|{region}"
    proven = any(hmac.compare_digest(_sign("owner", message, key).hex()[:40], signed) for key in keys)
    sequence = tags.get(TAG_SEQUENCE, "0")
    return Marks(
        installation=tags.get(TAG_INSTALLATION, ""),
        attempt=attempt,
        fleet=fleet,
        slot=tags.get(TAG_SLOT, ""),
        sequence=int(sequence) if sequence.isdigit() else 0,
        proven=proven and bool(launch_id),
    )


def _sign(purpose: str, message: str, key: str) -> bytes:
    return hmac.new(f"purser.{purpose}.{key}".encode(), message.encode(), hashlib.sha256).digest()
