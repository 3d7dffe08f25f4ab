"""What Purser tells its operators: logs, traces, counters, a sign of life."""

import os

from purser.env import env_float, env_secret, env_str, env_url

LOG_LEVEL = env_str("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "purser.logs.ContextFilter"}},
    "formatters": {"line": {"()": "purser.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["context"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Two lines a task, several tasks a second: what a task did is in the event rows; its failures still show.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Its headers and a line for every token it has kept: what a call came to is in the spans.
        "azure": {"level": "WARNING"},
        # What a sign-in was refused for stands in the account's trouble and in the answer of whoever tries it.
        "azure.identity": {"level": "CRITICAL"},
        "msal": {"level": "CRITICAL"},
        "botocore.credentials": {"level": "ERROR"},
    },
}

# Where traces go: the OTLP/HTTP address of a collector, such as http://127.0.0.1:4318. Without it nothing is traced.
OTLP_ENDPOINT = env_str("OTLP_ENDPOINT", " ").strip()
if OTLP_ENDPOINT:
    _collector = env_url("OTLP_ENDPOINT", schemes=("http", "https"))
    OTLP_ENDPOINT = _collector.geturl() if _collector.path.strip("/") else f"{OTLP_ENDPOINT.rstrip('/')}/v1/traces"
OTLP_HEADERS = env_secret("OTLP_HEADERS", " ").strip()
OTLP_SAMPLE_RATIO = env_float("OTLP_SAMPLE_RATIO", 0.1, minimum=0, maximum=1)

# A worker or scheduler touches this file as it works; purser/probe.py reads it in the same container.
ALIVE_FILE = env_str("ALIVE_FILE", " ").strip()

# A folder in which the web processes of one container share their counters (prometheus_client reads it itself).
PROMETHEUS_MULTIPROC_DIR = env_str("PROMETHEUS_MULTIPROC_DIR", " ").strip()
if not PROMETHEUS_MULTIPROC_DIR:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # the library takes an empty one for the folder we are in

METRICS_TOKEN = env_secret("METRICS_TOKEN", " ").strip()
