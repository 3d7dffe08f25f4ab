"""Who may do what: scopes are `resource:verb`, a role is a set of them, and three shorthands stand for common sets.

A token's rights are what it was given *and* what its holder's role allows at that moment (`fleet.services.access`), so
taking a role away takes it from every token at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VERBS_OF_RESOURCE: Mapping[str, tuple[str, ...]] = {
    "fleet": ("read", "write"),  # allocations, machines, offerings, incidents, events
    "inference": ("read", "write"),  # models, serving configs, endpoints, replicas
    "usage": ("write",),  # usage events, pushed by routers
    "billing": ("read",),  # costs, ledger, usage intervals: append-only, so nobody writes them
    "limits": ("read", "write"),  # quotas, budgets
    "access": ("read", "write"),  # members, service accounts, tokens
    "audit": ("read",),  # who changed what, from where
    "webhooks": ("read", "write"),
    "installation": ("read", "write"),  # what belongs to no project: accounts, projects, switches
}
SCOPES = frozenset(f"{resource}:{verb}" for resource, verbs in VERBS_OF_RESOURCE.items() for verb in verbs)
OF_INSTALLATION = frozenset(scope for scope in SCOPES if scope.startswith("installation:"))
OF_PROJECT = SCOPES - OF_INSTALLATION

ABOUT_ACCESS = frozenset({"token", "member", "service-account", "project", "webhook"})
"""Nouns of events that tell who may do what, from where, and who hears of it."""

READS = frozenset({"fleet:read", "inference:read", "billing:read", "limits:read"})
SHORTHANDS: Mapping[str, frozenset[str]] = {
    "read": READS,
    "write": frozenset({"fleet:write", "inference:write"}),
    "usage": frozenset({"usage:write"}),
}
SCOPES_OF_ROLE: Mapping[str, frozenset[str]] = {
    "viewer": READS,
    "billing": READS | {"limits:write", "audit:read"},  # sets caps and never spends
    "operator": READS | {"fleet:write", "inference:write", "usage:write"},  # spends and never sets caps
    "admin": OF_PROJECT,
}


def about_access(topic: str) -> bool:
    """Whether an event of this topic holds what only readers of access or of the audit log may see."""
    return topic.partition(".")[0] in ABOUT_ACCESS


def expand(words: Iterable[str]) -> frozenset[str]:
    """The scopes that these scopes and shorthands stand for. Raises ValueError naming the first unknown word."""
    found: set[str] = set()
    for word in words:
        if word in SHORTHANDS:
            found |= SHORTHANDS[word]
        elif word in SCOPES:
            found.add(word)
        else:
            raise ValueError(f"{word[:60]!r} is no scope. Known: {', '.join([*SHORTHANDS, *sorted(SCOPES)])}.")
    return frozenset(found)
