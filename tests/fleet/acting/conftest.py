"""What the acts' tests start from: a project with something on sale, and an operator at the browser."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from fleet.models import CloudAccount, Project


@pytest.fixture
def project(db: None) -> Project:
    from tests import factories

    return factories.project(slug="research", name="Research")


@pytest.fixture
def account(db: None) -> CloudAccount:
    """Sells machines of eight H100 in two capacity types, and a small one."""
    from tests import factories

    sold = factories.account(cloud="aws")
    factories.offering(sold)
    factories.offering(sold, capacity_type="spot", price_per_hour=Decimal("21.35"))
    factories.offering(sold, accelerator="L4", accelerator_count=1, price_per_hour=Decimal("0.80"))
    return sold


@pytest.fixture
def operator(client: Client, project: Project, account: CloudAccount) -> Client:
    from tests import factories

    client.force_login(factories.member(project))
    return client


@pytest.fixture
def typed() -> dict[str, Any]:
    """A form that is right."""
    return {"project": "research", "name": "train", "accelerator": "H100", "accelerator_count": "8", "ttl": "24h"}
