"""What happens to every request before any app sees it."""

import json
import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from purser.logs import ContextFilter, LineFormatter
from purser.middleware import RequestIdMiddleware, TrustedProxyMiddleware


def seen_by_the_app(settings, proxies: list[str], **meta: str) -> dict[str, object]:
    settings.TRUSTED_PROXIES = proxies
    seen: dict[str, object] = {}

    def app(request: HttpRequest) -> HttpResponse:
        seen.update(client=request.META["REMOTE_ADDR"], https=request.is_secure())
        return HttpResponse()

    TrustedProxyMiddleware(app)(RequestFactory().get("/", **meta))
    return seen


FORWARDED = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9, 10.0.0.2", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.mark.parametrize(
    ("proxies", "meta", "client", "https"),
    [
        ([], {"REMOTE_ADDR": "198.51.100.1"} | FORWARDED, "198.51.100.1", False),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "198.51.100.1"} | FORWARDED, "198.51.100.1", False),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.1"} | FORWARDED, "203.0.113.9", True),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.1"}, "10.0.0.1", False),
        (["10.0.0.0/8"], {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "<script>"}, "10.0.0.1", False),
        (["::1"], {"REMOTE_ADDR": "::1", "HTTP_X_FORWARDED_FOR": "2001:db8::7"}, "2001:db8::7", False),
    ],
)
def test_forwarded_headers_are_believed_from_trusted_proxies_only(settings, proxies, meta, client, https):
    assert seen_by_the_app(settings, proxies, **meta) == {"client": client, "https": https}


@pytest.mark.parametrize(
    ("offered", "kept"), [("abcd-1234", True), ("a\nb: c", False), ("x", False), ("é" * 20, False)]
)
def test_a_callers_request_id_is_kept_only_in_a_harmless_shape(offered, kept):
    response = RequestIdMiddleware(lambda _: HttpResponse())(RequestFactory().get("/", HTTP_X_REQUEST_ID=offered))
    assert (response["X-Request-ID"] == offered) is kept


def test_a_log_line_inside_a_request_carries_its_id_and_stays_one_line():
    lines = []

    def app(_request: HttpRequest) -> HttpResponse:
        try:
            raise ValueError("two\nlines")
        except ValueError as error:
            record = logging.LogRecord("purser", logging.ERROR, __file__, 1, "failed", (), (ValueError, error, None))
        record.allocation = "alc_1"
        ContextFilter().filter(record)
        lines.append(LineFormatter().format(record))
        return HttpResponse()

    RequestIdMiddleware(app)(RequestFactory().get("/", HTTP_X_REQUEST_ID="abcd-1234"))
    assert "\n" not in lines[0]
    line = json.loads(lines[0])
    assert (line["request_id"], line["allocation"], line["level"]) == ("abcd-1234", "alc_1", "ERROR")


@pytest.mark.django_db
def test_healthz_answers_an_anonymous_caller_and_every_answer_has_a_policy(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema", "/admin/"])
def test_a_route_that_says_nothing_asks_for_a_login(client, path):
    assert client.get(path).status_code in {302, 401, 403}
