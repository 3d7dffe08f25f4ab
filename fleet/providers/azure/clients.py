"""Clients of Azure's SDKs that make one attempt. The SDKs are imported when the first client is made.

Left to themselves they would send a launch up to ten times and hide it, follow redirects, register providers, and
follow the links of lists to wherever these lead, with our token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS = 5.0
SCOPE = "https://management.azure.com/.default"
KINDS = {
    "compute": ("azure.mgmt.compute", "ComputeManagementClient"),
    "network": ("azure.mgmt.network", "NetworkManagementClient"),
}
NUMBERED = ("x-ms-request-id", "x-ms-correlation-request-id")
"""Resource Manager puts its number into every answer; what stands between us and Azure does not."""


@dataclass(frozen=True)
class Identity:
    """An application of Entra. Its secret shows in no text."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Where Azure is, and as whom it is called: `identity` None for whatever identity the machine has."""

    subscription_id: str
    base_url: str
    authority: str
    scope: str
    ca_file: str
    identity: Identity | None


class UnreadableIdentity(Exception):
    """The credential is not what is asked for. The sentence says what is, and holds nothing of it."""


class SignInFailed(Exception):
    """No token was given, so the call itself was never sent. The cause is the SDK's exception."""


class Garbled(Exception):
    """An answer that Azure did not give."""


def read_identity(secret: str) -> Identity | None:
    """The application in a credential's text; None when it is empty. Raises UnreadableIdentity."""
    if not secret:
        return None
    try:
        found = json.loads(secret)
        identity = Identity(*(str(found[name]) for name in ("tenant_id", "client_id", "client_secret")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableIdentity(
            'The credential of an Azure account is JSON: {"tenant_id": "…", "client_id": "…", "client_secret": "…"}.'
        ) from error
    for value in (identity.tenant_id, identity.client_id, identity.client_secret):
        if not value or not value.isascii() or not value.isprintable():
            raise UnreadableIdentity(
                "The credential of an Azure account has an empty part or a character it cannot have."
            )
    return identity


def compute(place: Place, seconds: float) -> Any:
    """Machines and what is sold. Raises SignInFailed when there is no token to be had."""
    _sign_in(place)
    return _made("compute", place, seconds)


def network(place: Place, seconds: float) -> Any:
    """Network interfaces. Raises SignInFailed when there is no token to be had."""
    _sign_in(place)
    return _made("network", place, seconds)


@lru_cache(maxsize=64)
def retail(prices_url: str, ca_file: str, seconds: float) -> Any:
    """The list of prices, which is read without signing in."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import HeadersPolicy, UserAgentPolicy

    policies = [HeadersPolicy(), UserAgentPolicy(base_user_agent="purser")]
    return PipelineClient(prices_url, policies=policies, transport=_transport(ca_file, seconds))


def same_place(link: str, url: str) -> bool:
    """Whether a link that an answer holds leads back to where the answer came from."""
    one, other = urlsplit(link), urlsplit(url)
    ports = [parts.port or {"https": 443, "http": 80}.get(parts.scheme) for parts in (one, other)]
    return (one.scheme, one.hostname, ports[0]) == (other.scheme, other.hostname, ports[1])


def _sign_in(place: Place) -> None:
    """Ahead of the call, so that a failure of it is known to be one: the token is kept until it runs out."""
    from azure.core.exceptions import AzureError

    try:
        _credential(place).get_token(place.scope)
    except (AzureError, ValueError) as error:
        raise SignInFailed from error


@lru_cache(maxsize=64)
def _made(kind: str, place: Place, seconds: float) -> Any:
    from azure.core.pipeline import policies as core
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    module, name = KINDS[kind]
    factory = getattr(import_module(module), name)
    credential = _credential(place)
    return factory(
        credential,
        place.subscription_id,
        place.base_url,
        credential_scopes=[place.scope],
        transport=_transport(place.ca_file, seconds),
        policies=[
            core.RequestIdPolicy(),
            core.HeadersPolicy(),
            core.UserAgentPolicy(base_user_agent="purser"),
            _only_azure(),
            core.ContentDecodePolicy(),
            ARMChallengeAuthenticationPolicy(credential, place.scope),
        ],
    )


@lru_cache(maxsize=64)
def _credential(place: Place) -> Any:
    from azure import identity as entra

    sent: dict[str, Any] = {"retry_total": 0, "connection_timeout": CONNECT_SECONDS, "read_timeout": 15}
    if place.ca_file:
        sent["connection_verify"] = place.ca_file
    if place.authority:
        # Otherwise the SDK would ask Microsoft first whether it knows this place.
        sent |= {"authority": place.authority, "disable_instance_discovery": True}
    if place.identity is not None:
        who = place.identity
        return entra.ClientSecretCredential(who.tenant_id, who.client_id, who.client_secret, **sent)
    by_people = (
        "cli",
        "developer_cli",
        "powershell",
        "visual_studio_code",
        "interactive_browser",
        "shared_token_cache",
    )
    left_out = {f"exclude_{way}_credential": True for way in (*by_people, "broker")}
    return entra.DefaultAzureCredential(**left_out, **sent)


def _transport(ca_file: str, seconds: float) -> Any:
    from azure.core.pipeline.transport import RequestsTransport

    connect = min(CONNECT_SECONDS, seconds)
    return RequestsTransport(connection_timeout=connect, read_timeout=seconds, connection_verify=ca_file or True)


def _only_azure() -> Any:
    """A policy that takes no success from anybody but Resource Manager: an empty list would read as no machines."""
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    class OnlyAzure(SansIOHTTPPolicy[Any, Any]):
        def on_response(self, request: Any, response: Any) -> None:
            answer = response.http_response
            if answer.status_code < 400 and not any(name in answer.headers for name in NUMBERED):
                raise Garbled(f"status {answer.status_code} without a number of Azure's")

    return OnlyAzure()
