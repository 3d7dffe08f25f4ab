"""One log line per event, as JSON, with the request, task and trace it belongs to; docs/howto/read-the-logs.md.

Secrets stay out: what Purser itself was configured with is masked wherever it turns up, as are tokens and the
passwords in URLs. That is the second line of defence; the first is that nobody logs them.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import urlsplit

from fleet import tracing
from fleet.services.origin import origin

REQUEST_ID: ContextVar[str] = ContextVar("purser_request_id", default="")
TASK: ContextVar[dict[str, str]] = ContextVar("purser_task", default={})  # noqa: B039 - replaced, never changed

# What every LogRecord has; anything else was passed by the caller as `extra=` and belongs in the line.
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request_id"}
NEVER_LOGGED = frozenset({"request", "server_time", "sinfo", "data", "status_code", "context"})

MASK = "[secret]"
SHORTEST_MASKED = 8
SECRET_SETTINGS = (
    "SECRET_KEY", "METRICS_TOKEN", "TOKEN_PEPPERS", "ENCRYPTION_KEYS", "OTLP_HEADERS", "OIDC_CLIENT_SECRET",
)  # fmt: skip
TOKEN_SHAPE = re.compile(r"\b(prs_[A-Za-z0-9]+_)[A-Za-z0-9_-]{8,}")
URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\"]*:)[^\s/@\"]+(?=@)")


class ContextFilter(logging.Filter):
    """Stamps the current request's id, the task and the trace on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = REQUEST_ID.get() or origin().request_id
        record.context = {**TASK.get(), **_trace()}
        return True


class LineFormatter(logging.Formatter):
    """JSON on one line; a traceback is one escaped string, so a log shipper never splits it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        line |= getattr(record, "context", {})
        line |= {key: value for key, value in vars(record).items() if key not in STANDARD_FIELDS | NEVER_LOGGED}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, default=str))


def masked(text: str) -> str:
    """The text without any secret we know of or recognise by its shape."""
    for secret in _secrets():
        text = text.replace(secret, MASK)
    return URL_PASSWORD.sub(rf"\1{MASK}", TOKEN_SHAPE.sub(rf"\1{MASK}", text))


def _secrets() -> Iterator[str]:
    """As they look inside a JSON string, the longest first."""
    from django.conf import settings

    if not settings.configured:
        return
    found = {str(getattr(settings, name, "")) for name in SECRET_SETTINGS}
    found |= {part for name in ("TOKEN_PEPPERS", "ENCRYPTION_KEYS") for part in _ring(getattr(settings, name, ""))}
    found |= set(_ring(getattr(settings, "OTLP_HEADERS", ""), between="="))
    found |= set(getattr(settings, "SECRET_KEY_FALLBACKS", []))
    found |= {str(settings.DATABASES["default"].get("PASSWORD", "")), urlsplit(settings.REDIS_URL).password or ""}
    yield from sorted((json.dumps(one)[1:-1] for one in found if len(one) >= SHORTEST_MASKED), key=len, reverse=True)


def _ring(text: str, *, between: str = ":") -> list[str]:
    """The secrets of `id:secret,id:secret`."""
    return [pair.partition(between)[2].strip() for pair in text.split(",")]


def _trace() -> dict[str, str]:
    parts = tracing.here().split("-")
    return {"trace_id": parts[1], "span_id": parts[2]} if len(parts) == 4 else {}
