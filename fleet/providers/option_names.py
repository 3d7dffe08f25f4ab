"""Which options an account of each provider may have: a name that no adapter reads is a mistake, and is refused.

A mistyped endpoint would otherwise mean the cloud's real one. What the options mean stands in docs/howto.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.domain.refusals import Refused, did_you_mean

LEARNT = frozenset({"spot_price_rule", "notice_seconds", "sells_fleets"})
"""Noted at every reading of what the account sells."""
ANYWHERE = LEARNT | {"engine_address", "read_seconds", "write_seconds", "page_size"}
OPTIONS: dict[str, frozenset[str]] = {
    "aws": ANYWHERE
    | {
        "buy_blocks", "endpoint_url", "external_id", "fleets", "hidden_seconds", "image", "instance_profile",
        "neuron_image", "pricing_region", "queue_url", "queue_urls", "regions", "role_arn", "root_device",
        "security_groups", "subnets",
    },
    "gcp": ANYWHERE
    | {
        "api_endpoint", "billing_endpoint", "external_ip", "image", "network", "network_tags", "permissions_endpoint",
        "project", "regions", "service_account", "subnetwork", "tpu_endpoint", "tpu_wait_seconds", "tpus",
    },
    "azure": ANYWHERE
    | {
        "admin_user", "authority", "base_url", "ca_file", "disk_type", "eviction_policy", "image", "poll_seconds",
        "prices_url", "regions", "resource_group", "scope", "security_groups", "subnets", "subscription_id",
    },
    "kubernetes": ANYWHERE
    | {
        "accelerators", "context", "cordon_nodes", "currency", "engine", "environment", "image", "leader_worker_sets",
        "namespace", "pod", "pools", "prices", "region", "schedule_seconds", "tolerations",
    },
    "local": ANYWHERE
    | {"command", "environment", "folder", "hosts", "log_mib", "ports", "region", "stop_seconds", "wait_seconds"},
    "sandbox": ANYWHERE | {"url"},
}  # fmt: skip


def check_names(provider: str, options: Mapping[str, Any], *, known: Mapping[str, Any]) -> None:
    """Raises Refused for a name that no account of this provider has. `known`: names it has had until now stay."""
    if provider not in OPTIONS:
        return  # an adapter that was registered by somebody else reads what it likes
    names = OPTIONS[provider]
    for name in sorted(set(options) - set(known) - names):
        sentence = f"There is no option {name[:60]!r}.{did_you_mean(name, names - LEARNT)}"
        raise Refused("account-options", sentence, field="options")
