"""What to grant Purser on a cluster: a service account, what it may do in its namespace, and the little beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleet.providers.kubernetes.checking import CLUSTER, Rule, rules
from fleet.providers.kubernetes.options import DEFAULT_NAMESPACE, read_options
from fleet.providers.policies import PolicyText

NAME = "purser"
GROUP = "rbac.authorization.k8s.io"


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """One file to apply. Raises Refused for options that make no sense."""
    read = read_options(options)
    namespace = read.namespace or DEFAULT_NAMESPACE
    asked = [*rules(read), Rule("The cluster", "", "namespaces", ("get",), everywhere=True, name=CLUSTER)]
    whole, own = [[rule for rule in asked if rule.everywhere == everywhere] for everywhere in (True, False)]
    text = "---\n".join(
        (
            f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n",
            f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {NAME}, namespace: {namespace}}}\n",
            _role("ClusterRole", "", whole),
            _binding("ClusterRole", "", namespace),
            _role("Role", namespace, own),
            _binding("Role", namespace, namespace),
        )
    )
    granted = tuple(
        f"{verb} {'/'.join(filter(None, (rule.group, rule.resource)))}" for rule in asked for verb in rule.verbs
    )
    where = f"kubectl apply -f purser.yaml; then make a kubeconfig of the service account {NAME} in {namespace}."
    return [PolicyText("Roles", where, text, granted)]


def _role(kind: str, namespace: str, asked: Iterable[Rule]) -> str:
    lines = "\n".join(rule.line(rule.verbs) for rule in asked)
    return f"apiVersion: {GROUP}/v1\nkind: {kind}\nmetadata: {_about(namespace)}\nrules:\n{lines}\n"


def _binding(kind: str, namespace: str, of: str) -> str:
    return (
        f"apiVersion: {GROUP}/v1\nkind: {kind}Binding\nmetadata: {_about(namespace)}\n"
        f"roleRef: {{apiGroup: {GROUP}, kind: {kind}, name: {NAME}}}\n"
        f"subjects: [{{kind: ServiceAccount, name: {NAME}, namespace: {of}}}]\n"
    )


def _about(namespace: str) -> str:
    return f"{{name: {NAME}, namespace: {namespace}}}" if namespace else f"{{name: {NAME}}}"
