"""PostgreSQL and Redis or Valkey: where they are and how they are spoken to."""

from purser.env import env_bool, env_int, env_str, env_url, unquoted
from purser.running import running_urls
from purser.settings.process import PRODUCTION, PURSER_DATA_DIR

# Outside production a shell or a command finds the servers that `make demo` or `make run` has running.
_RUNNING_DATABASE_URL, _RUNNING_REDIS_URL = (None, None) if PRODUCTION else running_urls(PURSER_DATA_DIR)
_NOWHERE_DATABASE_URL = None if PRODUCTION else "postgresql://nobody@127.0.0.1:1/nowhere"
_NOWHERE_REDIS_URL = None if PRODUCTION else "redis://127.0.0.1:1/0"

_database = env_url("DATABASE_URL", _RUNNING_DATABASE_URL or _NOWHERE_DATABASE_URL, schemes=("postgresql", "postgres"))
_pool_size = env_int("DATABASE_POOL_SIZE", 0, minimum=0, maximum=200)
_pool = {"pool": {"min_size": 1, "max_size": _pool_size, "timeout": 10.0, "max_idle": 60.0}} if _pool_size else {}
DATABASES = {
    "default": {
        "ENGINE": "purser.postgres",
        "HOST": unquoted(_database.hostname),
        "PORT": str(_database.port or 5432),
        "USER": unquoted(_database.username),
        "PASSWORD": unquoted(_database.password),
        "NAME": unquoted(_database.path.lstrip("/")),
        # A Celery child keeps its one connection. A web process has many threads, most of which only wait for an
        # event: its requests share a pool, which an operator can add up where threads could not be.
        "CONN_MAX_AGE": 0 if _pool_size else env_int("DATABASE_CONN_MAX_AGE_S", 600, minimum=0, maximum=86_400),
        "CONN_HEALTH_CHECKS": not _pool_size,  # those of a pool are looked at instead (purser/postgres/base.py)
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

REDIS_URL = env_url("REDIS_URL", _RUNNING_REDIS_URL or _NOWHERE_REDIS_URL, schemes=("redis", "rediss")).geturl()
