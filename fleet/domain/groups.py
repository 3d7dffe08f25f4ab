"""What the groups of an identity provider give: a role in a project, or everything.

Written as text, one rule a line or between semicolons: `ml-team = chat:operator; finance = *:billing;
gpu-admins = superuser`. A group's name may hold anything but a line break or a semicolon, `=` too: the last one counts.
For each project the first rule that fits decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from fleet.domain import rights

SUPERUSER = "superuser"
EVERY = "*"
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,63}")


@dataclass(frozen=True)
class Rule:
    """Members of `group` are `role` in `project`; without a project they are superusers."""

    group: str
    project: str = ""
    role: str = ""


@dataclass(frozen=True)
class Granted:
    superuser: bool = False
    roles: dict[str, str] = field(default_factory=dict)  # project's slug -> role

    @property
    def nothing(self) -> bool:
        return not self.superuser and not self.roles


def read_groups(text: str) -> tuple[Rule, ...]:
    """The rules of a text. Raises ValueError with the rest of a sentence that begins with the variable's name."""
    return tuple(_rule(line.strip()) for line in re.split(r"[;\n]", text) if line.strip())


def granted(rules: Iterable[Rule], groups: Collection[str], projects: Collection[str]) -> Granted:
    """What these groups give, of the projects there are."""
    roles: dict[str, str] = {}
    superuser = False
    for rule in rules:
        if rule.group not in groups:
            continue
        if not rule.project:
            superuser = True
        for project in projects if rule.project == EVERY else {rule.project} & set(projects):
            roles.setdefault(project, rule.role)
    return Granted(superuser, roles)


def _rule(line: str) -> Rule:
    group, equals, target = (part.strip() for part in line.rpartition("="))
    if not equals or not group:
        raise ValueError(f"holds {line[:60]!r}, which must look like group = project:role or group = superuser.")
    if target == SUPERUSER:
        return Rule(group)
    project, _, role = target.partition(":")
    if project != EVERY and not SLUG.fullmatch(project):
        raise ValueError(f"names the project {project[:60]!r}, which is no project's short name (or * for every one).")
    if role not in rights.SCOPES_OF_ROLE:
        raise ValueError(f"names the role {role[:60]!r}; it must be one of {', '.join(rights.SCOPES_OF_ROLE)}.")
    return Rule(group, project, role)
