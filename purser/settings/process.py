"""Where this process runs: its version and environment, its key, the hosts it answers to."""

import re
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from purser.env import env_bool, env_list, env_secret, env_str
from purser.running import own_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def _version() -> str:
    match = re.search(r"^## (\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ImproperlyConfigured("CHANGELOG.md has no heading like '## 1.2.3' to read the version from.")
    return match[1]


VERSION = _version()

PURSER_ENV = env_str("PURSER_ENV", "production", choices=("production", "development", "test"))
PRODUCTION = PURSER_ENV == "production"
PURSER_DATA_DIR = Path(env_str("PURSER_DATA_DIR", str(BASE_DIR / ".purser")))

DEBUG = env_bool("DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG is on while PURSER_ENV is production; turn one of them off.")

KNOWN_KEYS = ("changeme", "change-me", "django-insecure", "secret", "example", "default")
SHORTEST_KEY = 50


def _secret_key() -> str:
    """The configured key. In development else that of the data folder: what one command seals, the next one opens.

    In tests, and where no folder can be made, one that lives as long as the process that made it.
    """
    if not PRODUCTION:
        return env_secret("SECRET_KEY", " ").strip() or _passing_key()
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


def _passing_key() -> str:
    if PURSER_ENV == "development":
        with suppress(OSError):
            if not PURSER_DATA_DIR.exists():
                PURSER_DATA_DIR.mkdir(parents=True)
                PURSER_DATA_DIR.chmod(0o711)  # as the embedded servers make it
            return own_secret_key(PURSER_DATA_DIR)
    return secrets.token_urlsafe(64)


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = [key for key in env_secret("SECRET_KEY_FALLBACKS", " ").split(",") if key.strip()]

LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [] if PRODUCTION else [*LOCAL_HOSTS, "testserver"])
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts this site answers to, comma-separated; '*' is refused."
    )
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
