"""What an account's credential may do on its cluster: asked of the cluster itself, rule by rule, without doing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fleet.domain.outcomes import Check
from fleet.providers.failing import tried
from fleet.providers.kubernetes.errors import meaning_of
from fleet.providers.kubernetes.options import Options

Reviewed = Callable[[dict[str, Any]], bool]
"""Whether the cluster would let attributes of a request through."""
CLUSTER = "kube-system"


@dataclass(frozen=True)
class Rule:
    """One rule of a role, as it would be pasted into it."""

    what: str
    group: str
    resource: str
    verbs: tuple[str, ...]
    everywhere: bool = False
    name: str = ""

    def line(self, verbs: tuple[str, ...]) -> str:
        """YAML of the rule with these verbs."""
        named = f", resourceNames: {json.dumps([self.name])}" if self.name else ""
        said = f"apiGroups: {json.dumps([self.group])}, resources: {json.dumps([self.resource])}{named}"
        return f"- {{{said}, verbs: {json.dumps(list(verbs))}}}"


def rules(options: Options) -> list[Rule]:
    """Everything Purser asks of a cluster."""
    workload = ("create", "get", "list", "patch", "delete")
    found = [
        Rule("Nodes", "", "nodes", ("list",), everywhere=True),
        Rule("What is free: pods of all namespaces", "", "pods", ("list",), everywhere=True),
        Rule("Machines: Deployments", "apps", "deployments", workload),
        Rule("Machines that end by themselves: Jobs", "batch", "jobs", workload),
        Rule("Pods of machines", "", "pods", ("create", "list", "watch", "patch")),
        Rule("Quotas of the namespace", "", "resourcequotas", ("list",)),
        Rule("Engines: Services", "", "services", ("create", "get", "patch", "delete")),
        Rule("Engines: their health and counters", "", "services/proxy", ("get",)),
    ]
    if options.leader_worker_sets:
        found.append(Rule("Slices of several hosts", "leaderworkerset.x-k8s.io", "leaderworkersets", workload))
    if options.cordon_nodes:
        found.append(Rule("Cordoning nodes", "", "nodes", ("patch",), everywhere=True))
        found.append(Rule("Emptying nodes", "", "pods/eviction", ("create",)))
    return found


def checks(sign_in: Callable[[], Any], reviewed: Reviewed, options: Options, namespace: str) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is asked."""
    rule = Rule("The cluster", "", "namespaces", ("get",), everywhere=True, name=CLUSTER)
    first = tried(_needs(rule, rule.verbs, namespace), rule.what, sign_in, meaning_of)
    yield first
    if not first.ok:
        return
    for rule in rules(options):
        yield _asked(rule, reviewed, namespace)


def _asked(rule: Rule, reviewed: Reviewed, namespace: str) -> Check:
    missing = []
    try:
        for verb in rule.verbs:
            if not reviewed(_attributes(rule, verb, namespace)):
                missing.append(verb)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is what the person is to read
        meaning = meaning_of(error)
        return Check(rule.what, False, f"{meaning.code}: {meaning.message}")
    if not missing:
        return Check(rule.what, True)
    detail = f"It may not {', '.join(missing)} {rule.resource}."
    return Check(rule.what, False, detail, _needs(rule, tuple(missing), namespace))


def _attributes(rule: Rule, verb: str, namespace: str) -> dict[str, Any]:
    resource, _, sub = rule.resource.partition("/")
    asked = {"verb": verb, "group": rule.group, "resource": resource, "subresource": sub, "name": rule.name}
    return {
        **{key: value for key, value in asked.items() if value},
        **({} if rule.everywhere else {"namespace": namespace}),
    }


def _needs(rule: Rule, verbs: tuple[str, ...], namespace: str) -> str:
    where = "a ClusterRole" if rule.everywhere else f"a Role of the namespace {namespace}"
    return f"in {where}: {rule.line(verbs)}"
