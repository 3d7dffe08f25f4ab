"""What happens to every request before any app sees it."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import uuid4

from csp.constants import HEADER, NONCE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from purser.logs import REQUEST_ID

GetResponse = Callable[[HttpRequest], HttpResponse]
Network = IPv4Network | IPv6Network

JSON_TYPES = ("application/json", "application/problem+json")
NOTHING_LOADS = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
REQUEST_ID_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")
FORWARDED_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class RequestIdMiddleware:
    """Gives each request an id, in the logs and in the `X-Request-ID` of the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        # A caller's id is kept only in a harmless shape: it is written to logs and headers.
        request_id = offered if REQUEST_ID_SHAPE.fullmatch(offered) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # for the apps, which do not import purser
        token = REQUEST_ID.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            REQUEST_ID.reset(token)
        response["X-Request-ID"] = request_id
        return response


class ScriptsByNonceMiddleware(CSPMiddleware):
    """The Content-Security-Policy of each answer: a page that names its scripts by nonce runs these and no other.

    What is no page may load nothing at all.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "") in JSON_TYPES:
            response.headers.setdefault(HEADER, NOTHING_LOADS)
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.nonce:
            parts.replace = {"script-src": [NONCE], **(parts.replace or {})}
        return parts


class TrustedProxyMiddleware:
    """Believes `X-Forwarded-*` from TRUSTED_PROXIES and drops it from everybody else.

    Behind a trusted proxy REMOTE_ADDR becomes the nearest address that is no proxy of ours, read from the
    right: entries further left were written by the client and prove nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.proxies = [_network(text) for text in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_proxy(request.META.get("REMOTE_ADDR", "")):
            self._believe(request)
        else:
            for header in FORWARDED_HEADERS:
                request.META.pop(header, None)
        return self.get_response(request)

    def _believe(self, request: HttpRequest) -> None:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        for hop in reversed(hops):
            if not _is_address(hop):
                return
            request.META["REMOTE_ADDR"] = hop
            if not self._is_proxy(hop):
                return

    def _is_proxy(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self.proxies)


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES holds {text!r}, which is no address or CIDR range.") from error


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
