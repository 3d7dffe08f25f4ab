"""The outbound guard as a transport of `requests`, which django-allauth calls the identity provider with."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from fleet import outbound

ANY_ORDINARY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
NOT_OURS_TO_SEND = frozenset({"accept-encoding", "connection", "user-agent"})


class GuardedTransport(BaseAdapter):
    """Dials the issuer's host and OIDC_EXTRA_HOSTS; metadata services, link-local and the like not even there."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = request.url or ""
        host = (urlsplit(url).hostname or "").lower()
        if host not in _hosts():
            raise requests.ConnectionError(f"{host} is neither the host of OIDC_ISSUER nor in OIDC_EXTRA_HOSTS.")
        if urlsplit(url).scheme != "https" and settings.OIDC_ISSUER.startswith("https://"):
            raise requests.ConnectionError(f"{host} is to be called without TLS.")
        policy = outbound.AddressPolicy(networks=ANY_ORDINARY, loopback=host in LOOPBACK_NAMES)
        body = request.body.encode() if isinstance(request.body, str) else None
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() not in NOT_OURS_TO_SEND}
        try:
            answer = outbound.fetch(url, policy=policy, method=request.method or "GET", body=body, headers=headers)
        except outbound.OutboundError as error:
            raise requests.ConnectionError(str(error)) from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.body
        response.url = url
        response.request = request
        return response

    def close(self) -> None:
        """Every call has a connection of its own."""


def _hosts() -> set[str]:
    issuer = (urlsplit(settings.OIDC_ISSUER).hostname or "").lower()
    return {issuer, *(host.lower() for host in settings.OIDC_EXTRA_HOSTS)}
