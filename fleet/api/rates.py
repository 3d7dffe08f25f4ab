"""Rate limits over HTTP: the RateLimit header fields, 429 with Retry-After, and who pays.

Fields as in draft-ietf-httpapi-ratelimit-headers-10: a policy's quota `q` and window `w`; what remains, `r`, and the
seconds `t` until all of it is back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from fleet.api.authentication import TokenAuthentication
from fleet.api.problems import CONTENT_TYPE, Problem, describe, request_id_of
from fleet.services import request_rates
from fleet.services.access import Caller
from fleet.services.request_rates import MINUTE_S, Rate

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
SENTENCES = {
    "address": "Too many requests came from your address in the last minute.",
    "failures": "Too many requests from your address named nobody we know.",
    "caller": "You sent more requests than your limit allows.",
}


class ApiThrottleMiddleware:
    """Every request under /api/ pays before any work is done for it; one that names nobody pays for that, too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        address = request.META.get("REMOTE_ADDR", "")
        arrival = request_rates.arrive(address, credential_of(request))
        rate = arrival.rate
        rates = [rate] if rate else []
        if rate and rate.wait_s:
            logger.warning("request throttled", extra={"address": address, "policy": rate.policy})
            return tell(_too_many(request, rate), rates)
        request.rates, request.arrival = rates, arrival  # type: ignore[attr-defined]  # for who learns the caller's name
        response = self.get_response(request)
        if response.status_code == 401:
            request_rates.failed(address)
        return tell(response, rates)


class RateLimited(Problem):
    """This caller's bucket is empty."""

    retryable = True

    def __init__(self, rate: Rate) -> None:
        super().__init__(429, "rate-limited", _sentence(rate))
        self.wait = rate.wait_s - 1  # the handler adds one


def charge(request: Request, caller: Caller) -> None:
    """One request of this caller. Raises RateLimited when their bucket is empty."""
    asked = request._request
    rate = request_rates.take(
        caller.principal,
        per_minute=caller.requests_per_minute,
        address=asked.META.get("REMOTE_ADDR", ""),
        credential=credential_of(asked),
        arrival=getattr(asked, "arrival", None),
    )
    if rate is None:
        return
    getattr(asked, "rates", []).append(rate)
    if rate.wait_s:
        raise RateLimited(rate)


def credential_of(request: HttpRequest) -> str:
    """What a caller shows of themselves, unread: the one thing by which they would be known.

    Any other scheme names nobody here, and may be the same for many browsers behind one proxy: no mark may hang on it.
    """
    shown = request.META.get("HTTP_AUTHORIZATION", "")
    if shown.partition(" ")[0].lower() == TokenAuthentication.keyword:
        return shown
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def tell(response: HttpResponse, rates: list[Rate]) -> HttpResponse:
    if rates:
        response["RateLimit-Policy"] = ", ".join(f'"{rate.policy}";q={rate.quota};w={MINUTE_S}' for rate in rates)
        response["RateLimit"] = ", ".join(f'"{rate.policy}";r={rate.left};t={rate.reset_s}' for rate in rates)
    return response


def _too_many(request: HttpRequest, rate: Rate) -> HttpResponse:
    body = {**describe(429, "rate-limited", _sentence(rate), retryable=True), "request_id": request_id_of(request)}
    headers = {"Retry-After": str(rate.wait_s), "Cache-Control": "no-store"}
    return HttpResponse(orjson.dumps(body), status=429, content_type=CONTENT_TYPE, headers=headers)


def _sentence(rate: Rate) -> str:
    return f"{SENTENCES[rate.policy]} The limit is {rate.quota} a minute; try again in {rate.wait_s} s."
