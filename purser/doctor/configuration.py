"""Settings, keys and files, as this process sees them. Workers and web read their own environment: ask them too."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

from django.conf import settings

from purser.doctor import Finding, fail, ok, warn

SECRETS = (
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "REDIS_URL", "TOKEN_PEPPERS", "ENCRYPTION_KEYS",
    "METRICS_TOKEN", "OTLP_HEADERS", "OIDC_CLIENT_SECRET",
)  # fmt: skip
WIDEST_PROXY_PREFIX = {4: 8, 6: 16}
LEAST_FREE_BYTES = 1_000_000_000
LEAST_FREE_RATIO = 0.1


def look() -> Iterator[Finding]:
    yield from _environment()
    yield from _keys()
    yield from _secret_files()
    yield from _https()
    yield from _proxies()
    yield from _disk()


def _environment() -> Iterator[Finding]:
    if settings.PRODUCTION:
        yield ok("settings.environment", f"Purser {settings.VERSION} in production.")
    else:
        yield warn(
            "settings.environment",
            f"Purser {settings.VERSION} runs as {settings.PURSER_ENV}: weak keys and missing hosts are let "
            "through. Set PURSER_ENV=production where others depend on it.",
        )


def _keys() -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < settings.SHORTEST_KEY or len(set(settings.SECRET_KEY)) < 10:
        yield fail("settings.secret_key", "SECRET_KEY is weak; make one with secrets.token_urlsafe(64).")
    elif settings.SECRET_KEY_FALLBACKS:
        count = len(settings.SECRET_KEY_FALLBACKS)
        yield warn("settings.secret_key", f"{count} former keys are still accepted. Drop them when nothing needs them.")
    else:
        yield ok("settings.secret_key", "SECRET_KEY is long enough and the only one.")
    for name, what in (("TOKEN_PEPPERS", "API tokens"), ("ENCRYPTION_KEYS", "Stored secrets")):
        if getattr(settings, name):
            yield ok(f"settings.{name.lower()}", f"{what} have keys of their own.")
        else:
            yield warn(
                f"settings.{name.lower()}",
                f"{what} depend on SECRET_KEY: replacing it would lose them. Set {name}.",
            )
    if settings.METRICS_TOKEN:
        yield ok("settings.metrics_token", "Prometheus has a token of its own.")
    else:
        yield warn("settings.metrics_token", "Prometheus cannot read /metrics. Set METRICS_TOKEN.")


def _secret_files() -> Iterator[Finding]:
    """Whoever may read a secret's file has the secret; whoever may write it chooses it."""
    for name in SECRETS:
        if path := os.environ.get(f"{name}_FILE", "").strip():
            yield secret_file(f"files.{name.lower()}", f"{name}_FILE", Path(path))


def secret_file(finding: str, what: str, path: Path) -> Finding:
    """How safely one file is kept."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return fail(finding, f"{what} points to {path}, which cannot be read: {error.strerror}.")
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return fail(finding, f"{path} may be written by others (mode {mode:o}). Say chmod go-w.")
    if mode & stat.S_IROTH and _reachable(path):
        return warn(finding, f"{path} may be read by every user (mode {mode:o}). Say chmod o-r, or shut its folder.")
    return ok(finding, f"{path} has mode {mode:o}.")


def _reachable(path: Path) -> bool:
    """Whether every folder on the way lets others through: one that does not keeps the file private."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _https() -> Iterator[Finding]:
    if settings.HTTPS:
        yield ok("https", "Cookies are __Host- and Secure; browsers are told to come by https for a year.")
    else:
        yield warn(
            "https",
            "HTTPS is off: passwords and cookies travel in the clear. Turn it on unless the whole path to the "
            "browser is this machine.",
        )


def _proxies() -> Iterator[Finding]:
    wide = [text for text in settings.TRUSTED_PROXIES if _too_wide(text)]
    if wide:
        yield fail(
            "proxies",
            f"TRUSTED_PROXIES believes {', '.join(wide)}: nearly anybody could say which address they come from. "
            "Name the proxies only.",
        )
    elif settings.TRUSTED_PROXIES:
        yield ok("proxies", f"X-Forwarded-* is believed from {', '.join(settings.TRUSTED_PROXIES)}.")
    elif settings.HTTPS:
        yield warn(
            "proxies",
            "HTTPS is on and TRUSTED_PROXIES is empty: behind a proxy every request is redirected for ever and every "
            "address is the proxy's. Name the proxy.",
        )
    else:
        yield ok("proxies", "No proxy is believed.")


def _too_wide(text: str) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen < WIDEST_PROXY_PREFIX[network.version]


def _disk() -> Iterator[Finding]:
    folder = settings.PURSER_DATA_DIR
    if not folder.exists():
        return
    usage = shutil.disk_usage(folder)
    text = f"{folder} has {usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f}"
    if usage.total > LEAST_FREE_BYTES and (
        usage.free < LEAST_FREE_BYTES or usage.free < LEAST_FREE_RATIO * usage.total
    ):
        yield warn("disk", f"{text}. Make room before it is full.")
    else:
        yield ok("disk", f"{text}.")
