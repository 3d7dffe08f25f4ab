"""Events as sentences: what was done by hand says to what, and what differs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fleet.telling import tell

ICONS = set(re.findall(r'id="([a-z]+)"', Path("static/icons.svg").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("topic", "data", "title", "detail"),
    [
        ("webhook.created", {"before": None, "after": {"name": "chat"}}, "webhook added", "chat"),
        ("webhook.deleted", {"before": {"name": "chat"}, "after": None}, "webhook deleted", "chat"),
        ("webhook.switched-off", {"name": "chat", "reason": "Gone."}, "webhook switched off", "chat · Gone."),
        (
            "account.changed",
            {"before": {"name": "aws", "enabled": True}, "after": {"name": "aws", "enabled": False}},
            "cloud account changed",
            "enabled True → False",
        ),
        (
            "slot.terminate-requested",
            {"allocation": "alloc_1", "reason": "No pings.", "replaced": True},
            "machine ended by hand",
            "alloc_1 · No pings.",
        ),
        (
            "user.changed",
            {"name": "ada", "before": {"is_staff": False}, "after": {"is_staff": True}},
            "person changed",
            "ada. is staff False → True",
        ),
        ("operation.failed", {"kind": "bulk", "detail": "1 of 2 done"}, "operation failed", "bulk · 1 of 2 done"),
    ],
)
def test_what_was_done_is_said_with_what_it_was_done_to(topic: str, data: Any, title: str, detail: str) -> None:
    told = tell(topic, data)
    assert (told.title, told.detail) == (title, detail)
    assert told.icon in ICONS
