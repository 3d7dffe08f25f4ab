"""The objects of one cluster, with their versions and everything that ever happened to them."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.emulators.kubernetes.validating import faults_of
from tests.emulators.kubernetes.wire import KINDS, Refused

Key = tuple[str, str, str]  # plural, namespace, name
API_VERSIONS = {
    kind: base.removeprefix("/apis/").removeprefix("/api/") for base, kinds in KINDS.items() for kind in kinds.values()
}


def now() -> datetime:
    return datetime.now(UTC)


def stamp(at: datetime | None = None) -> str:
    """A time as the API server writes it: whole seconds."""
    return (at or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cluster:
    """One cluster. Not safe for threads: its owner holds the lock."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[Key, dict[str, Any]] = {}
        self.made_at: dict[str, datetime] = {}  # uid -> when, to the microsecond
        self.changes: list[tuple[int, str, str, dict[str, Any]]] = []  # version, plural, type, object
        self.version = itertools.count(1000)
        self.newest = 1000
        self.oldest = 0  # versions below it are forgotten
        self.denied: set[tuple[str, str]] = set()  # verb, resource

    def all(self, plural: str, namespace: str = "") -> list[dict[str, Any]]:
        found = sorted((key, value) for key, value in self.objects.items() if key[0] == plural)
        return [value for key, value in found if namespace in ("", key[1])]

    def get(self, plural: str, namespace: str, name: str) -> dict[str, Any]:
        found = self.objects.get((plural, namespace, name))
        if found is None:
            raise Refused("NotFound", f'{plural} "{name}" not found', name=name, kind=plural)
        return found

    def add(self, plural: str, kind: str, namespace: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises Refused for a name that is taken, and for a body that is none."""
        name = str(body.get("metadata", {}).get("name") or "")
        if (plural, namespace, name) in self.objects:
            raise Refused("AlreadyExists", f'{plural} "{name}" already exists', name=name, kind=plural)
        made = copy.deepcopy(body)
        made["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": stamp(), "generation": 1}
        if namespace:
            made["metadata"]["namespace"] = namespace
        self.made_at[made["metadata"]["uid"]] = now()
        self.put(plural, kind, made, "ADDED")
        return made

    def put(self, plural: str, kind: str, body: dict[str, Any], how: str = "MODIFIED") -> None:
        """A new version of an object, which has to be one that Kubernetes gives."""
        body |= {"apiVersion": API_VERSIONS[kind], "kind": kind}
        self.newest = next(self.version)
        body["metadata"]["resourceVersion"] = str(self.newest)
        if told := faults_of(body):
            raise AssertionError(f"{kind} {body['metadata']['name']} would not be so: {told}")
        about = body["metadata"]
        self.objects[plural, about.get("namespace", ""), about["name"]] = body
        self.changes.append((self.newest, plural, how, copy.deepcopy(body)))

    def remove(self, plural: str, body: dict[str, Any]) -> None:
        about = body["metadata"]
        self.objects.pop((plural, about.get("namespace", ""), about["name"]), None)
        self.newest = next(self.version)
        about["resourceVersion"] = str(self.newest)
        self.changes.append((self.newest, plural, "DELETED", copy.deepcopy(body)))

    def since(self, plural: str, version: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Changes after a version. Raises Refused for one that is forgotten."""
        if version < self.oldest:
            raise Refused("Expired", f"too old resource version: {version} ({self.oldest})")
        return ((how, body) for at, of, how, body in self.changes if of == plural and at > version)

    def page(
        self, rows: list[dict[str, Any]], limit: int, following: str
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Rows from where the last page ended, and the list's metadata. Raises Refused for a page that is too old."""
        start, version = 0, self.newest
        if following:
            start, version = json.loads(base64.urlsafe_b64decode(following))
            if version < self.oldest:
                raise Refused("Expired", "The provided continue parameter is too old")
        about: dict[str, Any] = {"resourceVersion": str(version)}
        end = start + limit if limit else len(rows)
        if end < len(rows):
            about["continue"] = base64.urlsafe_b64encode(json.dumps([end, version]).encode()).decode()
            about["remainingItemCount"] = len(rows) - end
        return rows[start:end], about


def merged(old: Any, new: Any) -> Any:
    """A merge patch (RFC 7386) applied."""
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
