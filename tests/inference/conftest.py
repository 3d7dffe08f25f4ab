"""Fixtures of inference's tests. Models are imported inside: conftest files are read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fleet.conftest import sandbox, world

if TYPE_CHECKING:
    from fleet.models import Project
    from inference.models import ServingConfig
    from tests.fleet.world import World
    from tests.inference.world import Serving

__all__ = ["sandbox", "world"]


@pytest.fixture
def project(db: None) -> Project:
    from fleet.models import Project

    return Project.objects.create(slug="shop", name="Shop")


@pytest.fixture
def config(db: None) -> ServingConfig:
    from tests.inference.world import tiny_config

    return tiny_config()


@pytest.fixture
def serving(world: World) -> Serving:
    from tests.inference.world import Serving, tiny_config

    return Serving(world, tiny_config())
