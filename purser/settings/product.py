"""Purser's own: time limits of the spend path, retention, what may be dialled, the keys of what is kept."""

from ipaddress import ip_network

from django.core.exceptions import ImproperlyConfigured

from purser.env import env_int, env_list, env_secret, env_str

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
# Programs that the runner of owned hosts may start: an account's options alone must not run what they like.
LOCAL_ENGINES = env_list("LOCAL_ENGINES", ["vllm"])
REGIONS_FOLDER = env_str("REGIONS_FOLDER", "")

# A folder with instance types of your own (aws.toml, gcp-ours.toml, …), read after the shipped catalogue.
INSTANCE_TYPES_FOLDER = env_str("INSTANCE_TYPES_FOLDER", "")

# How many hours after it was last seen a price counts as stale: shown as such, and not bought at.
PRICES_STALE_AFTER_HOURS = env_int("PRICES_STALE_AFTER_HOURS", 24, minimum=1, maximum=8_760)

# API tokens are kept as HMACs under these: "id:secret,id:secret"; the first signs, all of them verify. Without any,
# SECRET_KEY signs and its fallbacks verify.
TOKEN_PEPPERS = env_secret("TOKEN_PEPPERS", " ").strip()

# What Purser may dial besides its own machines' addresses, as addresses or CIDR ranges.
OUTBOUND_ALLOWED_CIDRS = env_list("OUTBOUND_ALLOWED_CIDRS")
# Where webhooks may go besides the internet. Any project's admin chooses their addresses, so the list is another one.
WEBHOOK_ALLOWED_CIDRS = env_list("WEBHOOK_ALLOWED_CIDRS")


def _check_ranges(name: str, ranges: list[str]) -> None:
    for text in ranges:
        try:
            ip_network(text, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds {text!r}, no address or CIDR range.") from error


_check_ranges("OUTBOUND_ALLOWED_CIDRS", OUTBOUND_ALLOWED_CIDRS)
_check_ranges("WEBHOOK_ALLOWED_CIDRS", WEBHOOK_ALLOWED_CIDRS)

# Secrets that must be readable again are sealed with these: "id:secret,id:secret"; the first seals, all open. Without
# any, keys are derived from SECRET_KEY and its fallbacks.
ENCRYPTION_KEYS = env_secret("ENCRYPTION_KEYS", " ").strip()
