"""Rows that tests of every app start from: plain functions with defaults, overridden by keyword."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone

from billing.models import AllocatedCost, CostKind, CostPerToken
from fleet.domain import rights
from fleet.models import (
    Allocation,
    BlockPurchase,
    BlockQuestion,
    Budget,
    CapacityType,
    ChangeRequest,
    CloudAccount,
    Instance,
    InstanceType,
    LaunchAttempt,
    Membership,
    Offering,
    PaidCapacity,
    PriceRule,
    PriceRuleKind,
    Project,
    Quota,
    Role,
    ServiceAccount,
    Slot,
    Webhook,
)
from fleet.services import block_questions
from fleet.services.access import Caller, caller_at_the_server
from fleet.services.block_offers import Wanted
from fleet.services.clock import business_now
from fleet.services.tokens import issue_token
from fleet.services.webhooks import create_webhook
from inference.models import Decision, Endpoint, Model, Replica, ServingConfig

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
_numbers = count(1)


def project(**changes: Any) -> Project:
    number = next(_numbers)
    return Project.objects.create(**{"slug": f"team-{number}", "name": f"Team {number}"} | changes)


def user(**changes: Any) -> User:
    """A user who logs in with PASSWORD."""
    number = next(_numbers)
    return User.objects.create(**{"username": f"user-{number}", "password": _hashed()} | changes)


@cache
def _hashed() -> str:
    """Argon2 is slow on purpose: once a session is enough."""
    return make_password(PASSWORD)


def member(of: Project, role: str = Role.OPERATOR, **changes: Any) -> User:
    """A user with this role in that project."""
    made = user(**changes)
    Membership.objects.create(project=of, user=made, role=role)
    return made


def token(of: Project, *scopes: str, issuer: User | None = None, lifetime: timedelta = timedelta(days=1)) -> str:
    """The text of a token, as its holder shows it; without scopes it may do everything its issuer may."""
    by = issuer or member(of)
    _, plain = issue_token(
        project=of,
        issuer=by,
        name="test",
        scopes=scopes or ("read", "write", "usage"),
        now=timezone.now(),
        lifetime=lifetime,
    )
    return plain


def service_account(of: Project, role: str = Role.OPERATOR, **changes: Any) -> ServiceAccount:
    values = {"name": f"robot-{next(_numbers)}", "role": role, "created_by": "somebody"}
    return ServiceAccount.objects.create(project=of, **values | changes)


def bearer(plain: str) -> dict[str, str]:
    """What a client adds to each request to show this token."""
    return {"Authorization": f"Bearer {plain}"}


def account(**changes: Any) -> CloudAccount:
    number = next(_numbers)
    values = {"cloud": "aws", "provider": "sandbox", "name": f"aws-{number}", "options": {"url": "http://127.0.0.1:1"}}
    return CloudAccount.objects.create(**values | changes)


def offering(of: CloudAccount, **changes: Any) -> Offering:
    """Something on sale right now: a machine of eight H100 unless said otherwise."""
    accelerator = changes.pop("accelerator", "H100")
    accelerator_count = changes.pop("accelerator_count", 8)
    shape, _ = InstanceType.objects.get_or_create(
        cloud=of.cloud,
        name=changes.pop("instance_type", f"{accelerator.lower()}x{accelerator_count}"),
        defaults={"accelerator": accelerator, "accelerator_count": accelerator_count, "interconnect": "nvlink"},
    )
    values = {
        "region": "us-east-1",
        "zone": "us-east-1a",
        "capacity_type": CapacityType.ON_DEMAND,
        "price_per_hour": Decimal("55.04"),
        "observed_at": business_now(),
    }
    return Offering.objects.create(account=of, instance_type=shape, **values | changes)


def price_rule(**changes: Any) -> PriceRule:
    """A discount on everything, from noon on, unless said otherwise."""
    values = {"name": "Agreed", "kind": PriceRuleKind.DISCOUNT, "percent_off": Decimal(10), "starts_at": NOON}
    return PriceRule.objects.create(**values | changes)


def allocation(of: Project, **changes: Any) -> Allocation:
    values = {"name": "train", "accelerator": "H100", "accelerator_count": 8, "since": NOON, "created_at": NOON}
    return Allocation.objects.create(project=of, **values | changes)


def slot(of: Allocation, **changes: Any) -> Slot:
    values = {
        "ordinal": of.slots.count(),
        "accelerator_count": 8,
        "accelerator": "H100",
        "state": "ready",
        "reason": "running",
        "since": NOON,
        "created_at": NOON,
    }
    return Slot.objects.create(allocation=of, **values | changes)


def attempt(of: Slot, by: CloudAccount, **changes: Any) -> LaunchAttempt:
    number = next(_numbers)
    values = {
        "n": of.attempts.count() + 1,
        "region": "us-east-1",
        "zone": "us-east-1a",
        "instance_type": "h100x8",
        "capacity_type": CapacityType.ON_DEMAND,
        "frozen_params": {},
        "params_hash": "0" * 64,
        "client_token": f"token-{number}",
        "sequence": number,
        "state": "launched",
        "created_at": NOON,
    }
    return LaunchAttempt.objects.create(slot=of, account=by, **values | changes)


def instance(of: Slot | None, by: CloudAccount, **changes: Any) -> Instance:
    number = next(_numbers)
    values = {
        "project": of.allocation.project if of else None,
        "provider_id": f"i-{number:08x}",
        "cloud": by.cloud,
        "region": "us-east-1",
        "zone": "us-east-1a",
        "instance_type": "h100x8",
        "accelerator": "H100",
        "accelerator_count": 8,
        "capacity_type": CapacityType.ON_DEMAND,
        "price_per_hour": Decimal("55.04"),
        "launched_at": NOON,
        "private_ip": "10.0.0.7",
        "public_ip": "54.0.0.7",
    }
    return Instance.objects.create(slot=of, account=by, **values | changes)


def quota(of: Project | None, **changes: Any) -> Quota:
    return Quota.objects.create(project=of, **{"max_accelerators": 64} | changes)


def budget(of: Project | None, **changes: Any) -> Budget:
    return Budget.objects.create(project=of, **{"cap_per_hour": Decimal(1000)} | changes)


def webhook(of: Project | None, **changes: Any) -> Webhook:
    by = caller_at_the_server("test") if of is None else Caller("ada", "user:1", {of.pk: rights.OF_PROJECT})
    given = {"name": "chat", "url": "https://ops.example.com/purser"} | changes
    return create_webhook(project=of, by=by, now=NOON, **given)[0]


def change_request(of: Quota, **changes: Any) -> ChangeRequest:
    """Somebody else wants to double a quota."""
    asker = member(of.project, "billing") if of.project else user(is_superuser=True)
    values = {
        "noun": "quota",
        "verb": "change",
        "subject": of.public_id,
        "generation": of.generation,
        "before": {"max_accelerators": of.max_accelerators},
        "after": {"max_accelerators": of.max_accelerators * 2},
        "asked_by": asker.get_username(),
        "asked_principal": f"user:{asker.pk}",
        "asked_people": [asker.pk],
        "asked_at": business_now(),
        "expires_at": business_now() + timedelta(days=7),
    }
    return ChangeRequest.objects.create(project=of.project, **values | changes)


def model(of: Project | None = None, **changes: Any) -> Model:
    values = {
        "name": f"org/model-{next(_numbers)}",
        "config": LLAMA,
        "architecture": "llama",
        "parameters": 8_030_261_248,
        "active_parameters": 8_030_261_248,
        "layers": 32,
        "hidden_size": 4096,
        "heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "context_length": 131_072,
    }
    return Model.objects.create(project=of, **values | changes)


def serving_config(of: Model, **changes: Any) -> ServingConfig:
    return ServingConfig.objects.create(
        model=of, **{"name": f"plain-{next(_numbers)}", "max_model_len": 8192} | changes
    )


def endpoint(of: Project, **changes: Any) -> Endpoint:
    config = changes.pop("serving_config", None) or serving_config(model(of))
    values = {
        "name": f"chat-{next(_numbers)}",
        "model": config.model,
        "accelerators": ["H100"],
        "since": NOON,
        "created_at": NOON,
        "max_replicas": 4,
    }
    return Endpoint.objects.create(project=of, serving_config=config, **values | changes)


def replica(of: Endpoint, on: Slot, **changes: Any) -> Replica:
    values = {
        "ordinal": of.replicas.count(),
        "state": "ready",
        "reason": "serving",
        "weight": 100,
        "base_url": "http://127.0.0.1:8001",
        "since": NOON,
        "requested_at": NOON,
    }
    return Replica.objects.create(endpoint=of, serving_config=of.serving_config, slot=on, **values | changes)


def decision(of: Endpoint, **changes: Any) -> Decision:
    values = {
        "at": NOON,
        "last_at": NOON,
        "policy": "target-tracking",
        "current": 1,
        "wanted": 2,
        "allowed": 2,
        "action": "scale-up",
        "why": "31 requests in flight are 2 replicas of 16.",
    }
    return Decision.objects.create(endpoint=of, **values | changes)


def share(of: Project | None, **changes: Any) -> AllocatedCost:
    """A share of one hour's bill."""
    values = {
        "hour": NOON,
        "cloud": "aws",
        "kind": CostKind.SERVING,
        "amount": Decimal("10.000000001"),
        "currency": "USD",
        "seconds": 3600.0,
        "accelerator_seconds": 28_800.0,
        "method": "busy-ratio",
        "completeness": 1.0,
    }
    return AllocatedCost.objects.create(project=of, **values | changes)


def token_price(of: Project | None, endpoint_ref: str, **changes: Any) -> CostPerToken:
    values = {
        "hour": NOON,
        "amount": Decimal("55.04"),
        "currency": "USD",
        "input_tokens": 1_000_000,
        "cached_input_tokens": 0,
        "output_tokens": 250_000,
        "cost_per_million": Decimal("44.032"),
        "method": "allocated",
        "completeness": 1.0,
        "until": NOON + timedelta(hours=1),
        "closed": True,
    }
    return CostPerToken.objects.create(project=of, endpoint_ref=endpoint_ref, **values | changes)


def block_question(of: Project, **changes: Any) -> BlockQuestion:
    """Somebody asked what eight H100 for a day cost, and nothing was for sale."""
    values = {
        "wanted": block_questions.to_json(Wanted(24, accelerator="H100", accelerator_count=8)),
        "requested_by": "ada",
        "principal": "user:1",
        "state": "answered",
        "finished_at": timezone.now(),
    }
    return BlockQuestion.objects.create(project=of, **values | changes)


def block_purchase(of: Project, by: CloudAccount, **changes: Any) -> BlockPurchase:
    """A capacity block of one machine for a day, bought."""
    values = {
        "project": of,
        "account": by,
        "requested_by": "ada",
        "instance_type": "p5.48xlarge",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "machines": 1,
        "starts_at": NOON,
        "ends_at": NOON + timedelta(days=1),
        "fee": Decimal(900),
        "currency": "USD",
        "frozen_params": {},
        "state": "bought",
        "created_at": NOON,
        "next_at": None,
    }
    return BlockPurchase.objects.create(**values | changes)


def paid_capacity(of: Project | None, by: CloudAccount, **changes: Any) -> PaidCapacity:
    """A block that is over, as its cloud tells it."""
    values = {
        "project": of,
        "account": by,
        "ref": "cr-0123456789abcdef0",
        "kind": "block",
        "instance_type": "p5.48xlarge",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "machines": 1,
        "state": "expired",
        "starts_at": NOON,
        "ends_at": NOON + timedelta(days=1),
        "machines_until": NOON + timedelta(hours=23, minutes=30),
        "first_seen_at": NOON,
        "seen_at": NOON,
    }
    return PaidCapacity.objects.create(**values | changes)
