"""One log line per event, as JSON, with the request or task it belongs to."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

REQUEST_ID: ContextVar[str] = ContextVar("purser_request_id", default="")

# What every LogRecord has; anything else was passed by the caller as `extra=` and belongs in the line.
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request_id"}
NEVER_LOGGED = frozenset({"request", "server_time", "sinfo", "data", "status_code"})


class ContextFilter(logging.Filter):
    """Stamps the current request's id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = REQUEST_ID.get()
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
        line |= {key: value for key, value in vars(record).items() if key not in STANDARD_FIELDS | NEVER_LOGGED}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
