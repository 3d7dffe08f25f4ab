"""A project with a model, something to serve it on, and an operator at the browser."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from fleet.models import CloudAccount, Project
    from inference.models import ServingConfig


@pytest.fixture
def project(db: None) -> Project:
    from tests import factories

    return factories.project(slug="research", name="Research")


@pytest.fixture
def account(db: None) -> CloudAccount:
    from tests import factories

    sold = factories.account(cloud="aws")
    factories.offering(sold, accelerator_count=1, price_per_hour=Decimal("6.88"))
    factories.offering(sold, accelerator="L4", accelerator_count=1, price_per_hour=Decimal("0.80"))
    return sold


@pytest.fixture
def config(project: Project) -> ServingConfig:
    from tests import factories

    return factories.serving_config(factories.model(project, name="acme/chat-8b"), name="fast")


@pytest.fixture
def operator(client: Client, project: Project, account: CloudAccount) -> Client:
    from tests import factories

    client.force_login(factories.member(project))
    return client


@pytest.fixture
def typed(config: ServingConfig) -> dict[str, Any]:
    """A form that is right."""
    return {
        "project": "research", "name": "chat", "config": config.public_id, "accelerator": "H100", "min_replicas": "1",
        "max_replicas": "4", "slo_quantile": "0.95", "slo_ttft_ms": "1500", "policy": "target-tracking",
        "drain": "10min", "runner": "sandbox",
    }  # fmt: skip
