"""The registry of adapters: name -> dotted path, imported at first use so that no SDK is loaded in vain."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from fleet.providers.base import Account, CloudProvider

REGISTRY: dict[str, str] = {
    "aws": "fleet.providers.aws.adapter:Aws",
    "azure": "fleet.providers.azure.adapter:Azure",
    "gcp": "fleet.providers.gcp.adapter:Gcp",
    "kubernetes": "fleet.providers.kubernetes.adapter:Kubernetes",
    "local": "fleet.providers.local.adapter:Local",
    "sandbox": "fleet.providers.sandbox:Sandbox",
}


def connect(provider: str, account: Account) -> CloudProvider:
    """The adapter for this account. Raises KeyError for a provider that is not registered."""
    module, _, name = REGISTRY[provider].partition(":")
    factory = cast(Callable[[Account], CloudProvider], getattr(import_module(module), name))
    return factory(account)
