"""Secrets that must be readable again (webhook keys, TOTP seeds): sealed with AES-256-GCM before they become a row.

Each is bound to what it is for and whose it is (`purpose`), so a sealed text copied to another row opens nothing.
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


def _ring() -> Mapping[str, bytes]:
    return _derived(settings.ENCRYPTION_KEYS, settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


@cache
def _derived(ring: str, secret_key: str, fallbacks: tuple[str, ...]) -> Mapping[str, bytes]:
    """Key id -> 32 bytes. Every entry is a long secret, so one hash bound to this use is derivation enough."""
    entries = tokens.read_ring(ring, [secret_key, *fallbacks], variable="ENCRYPTION_KEYS")
    return {key_id: hashlib.sha256(b"purser vault" + secret.encode()).digest() for key_id, secret in entries.items()}
