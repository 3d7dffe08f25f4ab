"""Every setting of Purser, read from the environment; docs/configuration.md and .env.example list the variables.

A bad value stops the process with the variable's name. Apps read these through `django.conf.settings`.
"""

import os
import re
import secrets
from ipaddress import ip_network
from pathlib import Path

from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from fleet.domain.groups import read_groups
from purser.env import env_bool, env_float, env_int, env_list, env_secret, env_str, env_url, unquoted
from purser.running import running_urls

BASE_DIR = Path(__file__).resolve().parent.parent


def _version() -> str:
    match = re.search(r"^## (\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ImproperlyConfigured("CHANGELOG.md has no heading like '## 1.2.3' to read the version from.")
    return match[1]


VERSION = _version()

# --- Where it runs -----------------------------------------------------------------------------------------------

PURSER_ENV = env_str("PURSER_ENV", "production", choices=("production", "development", "test"))
PRODUCTION = PURSER_ENV == "production"
PURSER_DATA_DIR = Path(env_str("PURSER_DATA_DIR", str(BASE_DIR / ".purser")))

DEBUG = env_bool("DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG is on while PURSER_ENV is production; turn one of them off.")

KNOWN_KEYS = ("changeme", "change-me", "django-insecure", "secret", "example", "default")
SHORTEST_KEY = 50


def _secret_key() -> str:
    """The configured key; outside production a random one that lives as long as the process that made it."""
    if not PRODUCTION:
        return env_secret("SECRET_KEY", secrets.token_urlsafe(64))
    key = env_secret("SECRET_KEY", " ").strip()
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Production needs one of its own; on your own machine say PURSER_ENV=development."
        )
    if len(key) < SHORTEST_KEY or len(set(key)) < 10 or key.lower().startswith(KNOWN_KEYS):
        raise ImproperlyConfigured(
            f"SECRET_KEY is a default or shorter than {SHORTEST_KEY} characters. "
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return key


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = [key for key in env_secret("SECRET_KEY_FALLBACKS", " ").split(",") if key.strip()]

LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [] if PRODUCTION else [*LOCAL_HOSTS, "testserver"])
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts this site answers to, comma-separated; '*' is refused."
    )
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

# --- Apps and middleware -----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "purser.console.ConsoleConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "fleet",
    "inference",
    "billing",
    "purser",
]

MIDDLEWARE = [
    "purser.middleware.RequestIdMiddleware",
    "purser.middleware.TrustedProxyMiddleware",
    "purser.metrics.RequestMetricsMiddleware",
    "fleet.middleware.OriginMiddleware",
    "purser.middleware.ScriptsByNonceMiddleware",  # around everything that answers, static files and refusals too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fleet.middleware.ApiErrorsMiddleware",
    "fleet.api.rates.ApiThrottleMiddleware",  # before anything asks the database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every route asks for a login unless its view says otherwise; DRF's views answer for themselves below.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "fleet.signin.middleware.SessionUseMiddleware",
    "fleet.signin.middleware.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "fleet.middleware.LoginThrottleMiddleware",
    "fleet.middleware.NeverCachedMiddleware",
]

ROOT_URLCONF = "purser.urls"
WSGI_APPLICATION = "purser.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- PostgreSQL --------------------------------------------------------------------------------------------------

# Outside production a shell or a command finds the servers that `make demo` or `make run` has running.
_RUNNING_DATABASE_URL, _RUNNING_REDIS_URL = (None, None) if PRODUCTION else running_urls(PURSER_DATA_DIR)
_NOWHERE_DATABASE_URL = None if PRODUCTION else "postgresql://nobody@127.0.0.1:1/nowhere"
_NOWHERE_REDIS_URL = None if PRODUCTION else "redis://127.0.0.1:1/0"

_database = env_url("DATABASE_URL", _RUNNING_DATABASE_URL or _NOWHERE_DATABASE_URL, schemes=("postgresql", "postgres"))
_pool_size = env_int("DATABASE_POOL_SIZE", 0, minimum=0, maximum=200)
_pool = {"pool": {"min_size": 1, "max_size": _pool_size, "timeout": 10.0, "max_idle": 60.0}} if _pool_size else {}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": unquoted(_database.hostname),
        "PORT": str(_database.port or 5432),
        "USER": unquoted(_database.username),
        "PASSWORD": unquoted(_database.password),
        "NAME": unquoted(_database.path.lstrip("/")),
        # A Celery child keeps its one connection. A web process has many threads, most of which only wait for an
        # event: its requests share a pool, which an operator can add up where threads could not be.
        "CONN_MAX_AGE": 0 if _pool_size else env_int("DATABASE_CONN_MAX_AGE_S", 600, minimum=0, maximum=86_400),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_pool,
            # Only fleet.services.compiled asks for it. None: whoever stands between keeps no statement of ours.
            "prepare_threshold": 5 if env_bool("DATABASE_PREPARED_STATEMENTS", True) else None,
            "connect_timeout": env_int("DATABASE_CONNECT_TIMEOUT_S", 5, minimum=1, maximum=60),
            "sslmode": env_str(
                "DATABASE_SSLMODE",
                "prefer",
                choices=("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
            ),
            "application_name": "purser",
            "options": "-c timezone=UTC -c statement_timeout="
            f"{env_int('DATABASE_STATEMENT_TIMEOUT_MS', 30_000, minimum=0, maximum=3_600_000)}"
            " -c idle_in_transaction_session_timeout=60000",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis or Valkey, and Celery ---------------------------------------------------------------------------------

REDIS_URL = env_url("REDIS_URL", _RUNNING_REDIS_URL or _NOWHERE_REDIS_URL, schemes=("redis", "rediss")).geturl()

QUEUES = ("provisioning", "recovery", "autoscaling", "telemetry", "metering", "default")

# A message not acknowledged for this long is delivered again, so it must exceed every time limit below.
VISIBILITY_TIMEOUT_S = 300
_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT_S,
    "socket_keepalive": True,
    "health_check_interval": 30,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    # A producer that cannot reach the broker gives up soon: the message is a hint, the row is the truth.
    "retry_policy": {"timeout": 5.0},
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = _TRANSPORT_OPTIONS
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = _TRANSPORT_OPTIONS
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT_S
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True

# --- REST API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # What fleet.api.base.ApiView does not say for itself: deny, and speak JSON only.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "fleet.api.problems.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Purser",
    "DESCRIPTION": "Buys accelerator capacity, serves inference on it and says what every token cost.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AllocationState": "fleet.domain.lifecycle.AllocationState",
        "EndpointState": "inference.domain.lifecycle.EndpointState",
        "SlotState": "fleet.domain.lifecycle.SlotState",
        "LaunchAttemptState": "fleet.domain.lifecycle.AttemptState",
        "OperationState": "fleet.models.OperationState",
        "BudgetAction": "fleet.models.BudgetAction.values",
        "MachineAction": "fleet.api.instance_actions.MACHINE_ACTIONS",
        "ReplicaState": "inference.domain.lifecycle.ReplicaState",
        "CostKind": "billing.models.CostKind",
        "ChargeKind": "billing.models.ChargeKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "fleet.api.links.ids_of_rows",
        "fleet.api.schema_hooks.sparse_pages",
        "fleet.api.samples.with_samples",
        "fleet.api.links.next_calls",
    ],
    "LICENSE": {"name": "Apache-2.0"},
}
# Requests a minute under /api/: of one caller, from one address, and from one address without a valid name. 0: any.
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 1_200, minimum=0, maximum=10_000_000)
API_ADDRESS_REQUESTS_PER_MINUTE = env_int("API_ADDRESS_REQUESTS_PER_MINUTE", 12_000, minimum=0, maximum=10_000_000)
API_FAILURES_PER_MINUTE = env_int("API_FAILURES_PER_MINUTE", 60, minimum=0, maximum=10_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = env_int("MAX_REQUEST_BODY_BYTES", 2_621_440, minimum=65_536, maximum=104_857_600)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = ["fleet.uploads.SmallFiles"]  # none on disk, none of more than a megabyte in memory
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- Login, sessions, headers ------------------------------------------------------------------------------------

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "fleet.signin.password_rules.NotTooLong"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "fleet.signin.password_rules.HardToGuess"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # how long a link to set a password works, seconds

# django-allauth brings second factors and OpenID Connect; pages, throttles and rules are ours (fleet/signin).
ACCOUNT_ADAPTER = "fleet.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS: dict[str, str] = {}
MFA_ADAPTER = "fleet.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Purser"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODE_DIGITS = 10
# Who must have a second factor: without one they reach nothing but the page that sets it up.
REQUIRE_SECOND_FACTOR = env_str("REQUIRE_SECOND_FACTOR", "none", choices=("none", "admins", "everybody"))

# --- OpenID Connect: on when an issuer is named -------------------------------------------------------------------

OIDC_ISSUER = env_str("OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = env_str("OIDC_CLIENT_ID", None if OIDC_ISSUER else "")
OIDC_CLIENT_SECRET = env_secret("OIDC_CLIENT_SECRET", None if OIDC_ISSUER else " ").strip()
OIDC_NAME = env_str("OIDC_NAME", "single sign-on") if OIDC_ISSUER else ""
OIDC_SCOPES = env_str("OIDC_SCOPES", "openid profile email").split()
OIDC_GROUPS_CLAIM = env_str("OIDC_GROUPS_CLAIM", "groups")
# Hosts besides the issuer's that its discovery document may send us to.
OIDC_EXTRA_HOSTS = env_list("OIDC_EXTRA_HOSTS")
try:
    OIDC_GROUPS = read_groups(env_str("OIDC_GROUPS", ""))
except ValueError as error:
    raise ImproperlyConfigured(f"OIDC_GROUPS {error}") from error
if OIDC_ISSUER and not OIDC_ISSUER.startswith(("https://",) if PRODUCTION else ("https://", "http://")):
    raise ImproperlyConfigured("OIDC_ISSUER must be an https:// address, as the provider writes it in its tokens.")
if OIDC_ISSUER and "openid" not in OIDC_SCOPES:
    raise ImproperlyConfigured("OIDC_SCOPES must hold openid; without it no identity comes back.")

SOCIALACCOUNT_ADAPTER = "fleet.signin.oidc.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False  # who somebody is, is all that is wanted of them
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}

# A reverse proxy may say who the client is and that it came by https; nobody else may (purser/middleware.py).
TRUSTED_PROXIES = env_list("TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# HTTPS is on in production; off only where the whole path to the browser is this machine.
HTTPS = env_bool("HTTPS", PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS
# The API refuses plain HTTP instead (fleet/middleware.py): a redirect would hide that a token went in the clear.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^api/(?!docs|problems)"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "fleet.signin.store"
SESSION_COOKIE_AGE = env_int("SESSION_AGE_S", 8 * 3600, minimum=300, maximum=7 * 86_400)
# A session that nobody used for this many seconds is over; what pages ask for by themselves is no use.
SESSION_IDLE_S = env_int("SESSION_IDLE_S", 30 * 60, minimum=60, maximum=7 * 86_400)
# Before what could hurt most a browser must have proved itself within this many seconds.
SUDO_AGE_S = env_int("SUDO_AGE_S", 15 * 60, minimum=60, maximum=86_400)
SESSION_COOKIE_NAME = "__Host-purser" if HTTPS else "purser"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False  # the page's own script sends it back as X-CSRFToken
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-purser-csrf" if HTTPS else "purser-csrf"
MESSAGE_STORAGE = "fleet.sealed_messages.Storage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # Our templates give each script this answer's nonce and then run no other (purser/middleware.py). Django's
        # admin knows no nonces: there, scripts of this site run. Inline ones run nowhere.
        "script-src": [SELF, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],  # Plotly writes style attributes and a style element
        "img-src": [SELF, "data:", "blob:"],  # blob: is Plotly's "download as PNG"
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Static files ------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
# Production serves hashed, compressed files made by `manage.py collectstatic` in the image.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has a use for our files
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Time, language, logs ----------------------------------------------------------------------------------------

TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = ["purser.formats"]  # how the admin writes an instant

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

# --- Purser itself -----------------------------------------------------------------------------------------------

# Which tasks follow which event: a name, because apps do not import this package.
REACTIONS = "purser.reactions.REACTIONS"

# How long a worker's claim on a row holds without renewal: a crashed worker's rows are taken over after this.
LEASE_SECONDS = env_int("LEASE_SECONDS", 30, minimum=1, maximum=600)

# How long a launch may stay without a clear answer before it is given up for good, and watched for.
UNKNOWN_GIVE_UP_SECONDS = env_int("UNKNOWN_GIVE_UP_SECONDS", 120, minimum=1, maximum=3600)

# How old a machine of ours without a row must be before the sweeper ends it: 2 × (call + lease + consistency).
ORPHAN_GRACE_SECONDS = env_int("ORPHAN_GRACE_SECONDS", 300, minimum=1, maximum=86_400)

# Days of business time for which usage events and minute windows are kept; hours are kept for good.
TELEMETRY_DETAIL_DAYS = env_int("TELEMETRY_DETAIL_DAYS", 35, minimum=1, maximum=3_650)

# How many requests of one web process may wait for an event at once; each waits in a thread of its own.
LONG_POLL_WAITERS = env_int("LONG_POLL_WAITERS", 240, minimum=0, maximum=4_000)

# A folder with accelerator blocks of your own (*.toml), read after the shipped catalogue.
ACCELERATORS_FOLDER = env_str("ACCELERATORS_FOLDER", "")

METRICS_TOKEN = env_secret("METRICS_TOKEN", " ").strip()

# API tokens are kept as HMACs under these: "id:secret,id:secret"; the first signs, all of them verify. Without any,
# SECRET_KEY signs and its fallbacks verify.
TOKEN_PEPPERS = env_secret("TOKEN_PEPPERS", " ").strip()

# What Purser may dial besides its own machines' addresses, as addresses or CIDR ranges.
OUTBOUND_ALLOWED_CIDRS = env_list("OUTBOUND_ALLOWED_CIDRS")
# Where webhooks may go besides the internet. Any project's admin chooses their addresses, so the list is another one.
WEBHOOK_ALLOWED_CIDRS = env_list("WEBHOOK_ALLOWED_CIDRS")
for _list in ("OUTBOUND_ALLOWED_CIDRS", "WEBHOOK_ALLOWED_CIDRS"):
    for _cidr in globals()[_list]:
        try:
            ip_network(_cidr, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{_list} holds {_cidr!r}, no address or CIDR range.") from error

# Secrets that must be readable again are sealed with these: "id:secret,id:secret"; the first seals, all open. Without
# any, keys are derived from SECRET_KEY and its fallbacks.
ENCRYPTION_KEYS = env_secret("ENCRYPTION_KEYS", " ").strip()
