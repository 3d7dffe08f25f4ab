"""Who did it, in one word, and that the API's schema knows every such word."""

from __future__ import annotations

import pytest

from fleet.api.audit import AuditEventOut
from fleet.domain.audit import ACTOR_KINDS, kind_of


@pytest.mark.parametrize(
    ("principal", "actor", "kind"),
    [("user:7", "ada", "person"), ("token:tok_1", "token:ci", "token"), ("service:svc_1", "ci", "service account"),
     ("command:7", "root", "command"), ("", "purser", "Purser itself"), ("", "anonymous", "stranger"),
     ("", "ada", "not recorded"), ("pigeon:1", "p", "caller")],
)  # fmt: skip
def test_every_caller_has_a_word_and_the_schema_names_it(principal: str, actor: str, kind: str) -> None:
    assert kind_of(principal, actor) == kind
    assert kind in ACTOR_KINDS
    assert kind in AuditEventOut().fields["actor_kind"].help_text
