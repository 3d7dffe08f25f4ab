"""Endpoints over fleet's test world, with a small model that fits on one L4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from inference.models import Endpoint, Replica, ServingConfig
from inference.services import reconciling, telemetry, variants
from inference.services.endpoints import EndpointSpec, create_endpoint
from tests.deadline import wait_until
from tests.fleet.world import World

TINY = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
    "tie_word_embeddings": True,
}

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)


def tiny_config() -> ServingConfig:
    """One accelerator a replica, 32 requests at once."""
    model = variants.register_model(project=None, name="acme/tiny-1b", config=TINY, now=FOUNDED)
    return variants.register_serving_config(
        model=model,
        name="default",
        max_model_len=8192,
        max_num_seqs=32,
        max_num_batched_tokens=4096,
        now=FOUNDED,
    )


@dataclass
class Serving:
    """Endpoints on the sandbox's machines; verbs read like the test's sentences."""

    world: World
    config: ServingConfig

    def create(self, **spec: Any) -> Endpoint:
        asked = EndpointSpec(
            **{
                "name": "chat",
                "model": self.config.model.name,
                "serving_config": self.config.name,
                "accelerators": ("L4",),
                "max_replicas": 8,
                "capacity_types": ("on-demand",),
                **spec,
            }
        )
        return create_endpoint(project=self.world.project, spec=asked, requested_by="ada", now=self.now())

    def now(self) -> datetime:
        return self.world.now()

    def turn(self) -> None:
        """One round of what the workers do all the time."""
        self.world.turn()
        reconciling.reconcile_due()

    def until(self, done: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
        def turned() -> bool:
            self.turn()
            return done()

        wait_until(turned, what, deadline_s=seconds)

    def until_ready(self, endpoint: Endpoint, count: int) -> list[Replica]:
        self.until(lambda: len(self.ready(endpoint)) == count, f"{count} replicas are ready")
        return self.ready(endpoint)

    def ready(self, endpoint: Endpoint) -> list[Replica]:
        rows = Replica.objects.ready().filter(endpoint=endpoint).order_by("ordinal")
        return list(rows.select_related("slot__instance", "endpoint__project", "serving_config__model"))

    def scrape(self) -> telemetry.Scraped:
        return telemetry.scrape_once(self.now)
