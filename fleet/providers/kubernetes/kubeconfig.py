"""How a cluster is reached: a kubeconfig that holds everything itself, or the service account of the pod we run in.

A kubeconfig that runs a program (exec), or that points at files, is refused: whoever may write a credential would run
programs on our workers, or have their files sent to a server.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
OUTSIDE = ("exec", "auth-provider", "tokenFile", "client-certificate", "client-key", "certificate-authority")
FLATTEN = "kubectl config view --raw --minify --flatten"


class UnreadableKubeconfig(Exception):
    """The credential is not what is asked for. The sentence says what is, and holds nothing of it."""


@dataclass(frozen=True)
class Place:
    """Where a cluster is, and as whom it is called. What is secret shows in no text."""

    server: str
    namespace: str = ""
    ca_pem: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    certificate_pem: str = field(default="", repr=False)
    key_pem: str = field(default="", repr=False)
    server_name: str = ""


def read_place(secret: str, context: str = "") -> Place:
    """The cluster and the user of a context; its own one when none is named. Raises UnreadableKubeconfig."""
    if not secret:
        return _in_cluster()
    config = _parsed(secret)
    context = context or str(config.get("current-context") or "")
    chosen = _named(config, "contexts", "context", context)
    cluster = _named(config, "clusters", "cluster", str(chosen.get("cluster")))
    user = _named(config, "users", "user", str(chosen.get("user")))
    outside = [name for name in OUTSIDE if name in user or name in cluster]
    if outside:
        raise UnreadableKubeconfig(
            f"The kubeconfig has {outside[0]}, which Purser does not follow. Give one with a token or a certificate in "
            f"it: {FLATTEN}, for a service account."
        )
    if cluster.get("insecure-skip-tls-verify"):
        raise UnreadableKubeconfig(
            "The kubeconfig says insecure-skip-tls-verify. Give it certificate-authority-data instead."
        )
    return _checked(
        Place(
            server=str(cluster.get("server") or "").rstrip("/"),
            namespace=str(chosen.get("namespace") or ""),
            ca_pem=_decoded(cluster, "certificate-authority-data"),
            token=str(user.get("token") or ""),
            certificate_pem=_decoded(user, "client-certificate-data"),
            key_pem=_decoded(user, "client-key-data"),
            server_name=str(cluster.get("tls-server-name") or ""),
        )
    )


def _in_cluster() -> Place:
    """The token is read anew for every call: it is replaced within the hour."""
    try:
        texts = [(IN_CLUSTER / name).read_text(encoding="utf-8").strip() for name in ("token", "ca.crt", "namespace")]
    except OSError as error:
        raise UnreadableKubeconfig(
            "The account has no credential and Purser runs in no cluster. Give it a kubeconfig by reference."
        ) from error
    token, ca_pem, namespace = texts
    return _checked(Place(IN_CLUSTER_SERVER, namespace, ca_pem=ca_pem, token=token))


def _parsed(secret: str) -> Mapping[str, Any]:
    import yaml

    try:
        config = yaml.safe_load(secret)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableKubeconfig(f"The credential of a Kubernetes account is a kubeconfig: {FLATTEN}.") from error
    if not isinstance(config, dict):
        raise UnreadableKubeconfig(f"The credential of a Kubernetes account is a kubeconfig: {FLATTEN}.")
    return config


def _named(config: Mapping[str, Any], many: str, one: str, name: str) -> Mapping[str, Any]:
    entries = config.get(many)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(one), dict):
            return dict(entry[one])
    raise UnreadableKubeconfig(f"The kubeconfig has no {one} of the name that is asked for among its {many}.")


def _decoded(values: Mapping[str, Any], name: str) -> str:
    try:
        return base64.b64decode(str(values.get(name) or ""), validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise UnreadableKubeconfig(f"The kubeconfig's {name} is no base64 of a PEM.") from error


def _checked(place: Place) -> Place:
    if urlsplit(place.server).scheme not in ("https", "http") or not urlsplit(place.server).hostname:
        raise UnreadableKubeconfig("The kubeconfig's server is no address.")
    if not place.token and not (place.certificate_pem and place.key_pem):
        raise UnreadableKubeconfig("The kubeconfig's user has neither a token nor a certificate with its key.")
    if place.token and not (place.token.isascii() and place.token.isprintable()):
        raise UnreadableKubeconfig("The kubeconfig's token has a character that no token has.")
    return place
