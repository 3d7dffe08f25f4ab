"""Secrets that must be readable again (webhook keys, TOTP seeds): sealed with AES-256-GCM before they become a row.

Each is bound to what it is for and whose it is (`purpose`), so a sealed text copied to another row opens nothing.
Credentials of clouds go into an envelope: a key of their own seals them, and the ring seals only that key, so that
another ring key is put in front by sealing small keys anew, without any credential being opened.
Keys come from ENCRYPTION_KEYS, a ring: the first seals, all open. Without it they are derived from SECRET_KEY and its
fallbacks, so a lost SECRET_KEY loses them.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from fleet.domain import tokens

NONCE_BYTES = 12


class Unreadable(Exception):
    """Sealed with a key that is not in the ring any more, for another purpose, or changed since."""


def seal(plain: str, *, purpose: str) -> str:
    """`key id.nonce and ciphertext`; the same text sealed twice differs."""
    key_id, key = next(iter(_ring().items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), purpose.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, purpose: str) -> str:
    """What was sealed. Raises Unreadable."""
    key_id, _, text = sealed.partition(".")
    key = _ring().get(key_id)
    if key is None:
        raise Unreadable("Sealed with a key that ENCRYPTION_KEYS no longer holds.")
    try:
        raw = base64.urlsafe_b64decode(text)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable("It was changed, or sealed for another purpose.") from error


def seal_in_envelope(plain: str, *, purpose: str) -> str:
    """`key id.wrapped key.nonce and ciphertext`: opened by `open_envelope` for the same purpose."""
    own = AESGCM.generate_key(bit_length=256)
    nonce = secrets.token_bytes(NONCE_BYTES)
    letter = AESGCM(own).encrypt(nonce, plain.encode(), purpose.encode())
    wrapped = seal(base64.urlsafe_b64encode(own).decode(), purpose=f"key of {purpose}")
    return f"{wrapped}.{base64.urlsafe_b64encode(nonce + letter).decode()}"


def open_envelope(envelope: str, *, purpose: str) -> str:
    """What was sealed in it. Raises Unreadable."""
    wrapped, _, text = envelope.rpartition(".")
    own = unseal(wrapped, purpose=f"key of {purpose}")
    try:
        raw = base64.urlsafe_b64decode(text)
        return (
            AESGCM(base64.urlsafe_b64decode(own))
            .decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode())
            .decode()
        )
    except (InvalidTag, ValueError) as error:
        raise Unreadable("It was changed, or sealed for another purpose.") from error


def rewrap(envelope: str, *, purpose: str) -> str:
    """The same letter with its key sealed by the ring's first key. Raises Unreadable."""
    wrapped, _, letter = envelope.rpartition(".")
    own = unseal(wrapped, purpose=f"key of {purpose}")
    return f"{seal(own, purpose=f'key of {purpose}')}.{letter}"


def sealed_by_first(sealed: str) -> bool:
    """Whether the ring's first key has sealed it, so that the others may go."""
    return sealed.partition(".")[0] == next(iter(_ring()))


def _ring() -> Mapping[str, bytes]:
    return _derived(settings.ENCRYPTION_KEYS, settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


@cache
def _derived(ring: str, secret_key: str, fallbacks: tuple[str, ...]) -> Mapping[str, bytes]:
    """Key id -> 32 bytes. Every entry is a long secret, so one hash bound to this use is derivation enough."""
    entries = tokens.read_ring(ring, [secret_key, *fallbacks], variable="ENCRYPTION_KEYS")
    return {key_id: hashlib.sha256(b"purser vault" + secret.encode()).digest() for key_id, secret in entries.items()}
