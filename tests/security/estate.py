"""A project with one of everything, for tests that look at every route."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.utils import timezone

from fleet.domain import rights
from fleet.models import (
    Allocation,
    BlockPurchase,
    BlockQuestion,
    Budget,
    CapacityMemory,
    ChangeRequest,
    CloudAccount,
    Incident,
    Instance,
    LaunchAttempt,
    Offering,
    Operation,
    PaidCapacity,
    PriceRule,
    Project,
    Quota,
    ServiceAccount,
    Slot,
    Sweep,
    Token,
    Webhook,
    WebhookMessage,
)
from fleet.services import events, operations, tokens
from fleet.services.access import caller_of_user
from fleet.services.clock import business_now
from inference.models import Decision, Endpoint, Model, Replica, ServingConfig
from tests import factories


@dataclass
class Estate:
    """`mine` is the project everything is in; `other` is somebody else's and empty."""

    mine: Project
    other: Project
    allocation: Allocation
    instance: Instance
    slot: Slot
    attempt: LaunchAttempt
    incident: Incident
    operation: Operation
    account: CloudAccount
    price_rule: PriceRule
    offering: Offering
    memory: CapacityMemory
    sweep: Sweep
    purchase: BlockPurchase
    block_question: BlockQuestion
    paid_capacity: PaidCapacity
    endpoint: Endpoint
    replica: Replica
    decision: Decision
    model: Model
    serving_config: ServingConfig
    quota: Quota
    budget: Budget
    change_request: ChangeRequest
    service_account: ServiceAccount
    robots_row: Token
    robots_token: str
    webhook: Webhook
    webhook_message: WebhookMessage
    admins_token: str
    operator: User
    viewer: User
    stranger: User
    token: str
    viewers_token: str
    strangers_token: str
    expired_token: str
    revoked_token: str

    noun = "allocations"  # of the API's reference, which is everybody's
    some_role = "viewer"

    @property
    def viewers_id(self) -> int:
        return self.viewer.pk

    @property
    def secrets(self) -> list[str]:
        """What no answer may ever hold."""
        kept = [
            self.robots_token,
            self.token,
            self.viewers_token,
            self.strangers_token,
            self.expired_token,
            self.revoked_token,
        ]
        return [token.split("_")[2] for token in kept]

    @property
    def known_only_with(self) -> dict[str, list[str]]:
        """What only those see who may read it: by the scopes that open it in `mine`."""
        return {
            "fleet:read": [
                self.allocation.name,
                self.instance.public_id,
                self.instance.provider_id,
                self.attempt.public_id,
                self.incident.public_id,
                self.operation.public_id,
                self.block_question.public_id,
            ],
            "access:read or audit:read": [
                self.service_account.public_id,
                self.robots_row.public_id,
                self.robots_row.key_id,
            ],
            "webhooks:read or audit:read": [self.webhook.public_id],
            "inference:read": [self.model.name, self.serving_config.public_id],
            "webhooks:read": [self.webhook_message.public_id],
            "limits:read": [self.quota.public_id, self.budget.public_id, self.change_request.public_id],
        }


def build() -> Estate:
    mine, other = factories.project(slug="mine"), factories.project(slug="other")
    account = factories.account()
    for capacity_type in ("on-demand", "spot"):
        factories.offering(account, capacity_type=capacity_type)
    endpoint = factories.endpoint(mine)
    allocation = factories.allocation(
        mine, name="matrix-train", endpoint_ref=endpoint.public_id, accelerators_per_slot=8
    )
    endpoint.allocation = allocation
    endpoint.save(update_fields=["allocation"])
    slot = factories.slot(allocation, account=account)
    attempt = factories.attempt(slot, account)
    instance = factories.instance(slot, account, attempt=attempt)
    replica = factories.replica(endpoint, slot)
    decision = factories.decision(endpoint)
    quota, budget = factories.quota(mine), factories.budget(mine, cap_per_month=Decimal(500_000))
    change_request = factories.change_request(quota)
    hook = factories.webhook(mine)
    message = WebhookMessage.objects.create(webhook=hook, topic="webhook.tested", body="{}")
    hour = business_now().replace(minute=0, second=0, microsecond=0)
    factories.share(mine, hour=hour, endpoint_ref=endpoint.public_id, allocation=allocation)
    factories.token_price(mine, endpoint.public_id, hour=hour, until=hour + timedelta(hours=1))
    incident = Incident.objects.create(
        project=mine, kind="budget", subject="everything", detail="Nearly spent.", opened_at=business_now()
    )
    events.record("allocation.requested", subject=allocation.public_id, project=mine, now=business_now())
    operator, viewer = factories.member(mine), factories.member(mine, "viewer")
    stranger = factories.member(other, "admin")
    robot = factories.service_account(mine, "operator")
    robots_row, robots_token = tokens.issue_token(
        project=mine,
        issuer=factories.member(mine, "admin"),
        name="robots-token",
        scopes=["read", "write"],
        now=timezone.now(),
        service_account=robot,
    )
    return Estate(
        service_account=robot,
        robots_row=robots_row,
        robots_token=robots_token,
        admins_token=factories.token(mine, *sorted(rights.OF_PROJECT), issuer=factories.member(mine, "admin")),
        mine=mine,
        other=other,
        allocation=allocation,
        instance=instance,
        slot=slot,
        attempt=attempt,
        incident=incident,
        operation=operations.start(
            "allocation.resize",
            subject=allocation.public_id,
            project=mine,
            requested_by="matrix",
            now=factories.NOON,
            target={"before": 8, "after": 8, "generation": 1},
        ),
        account=account,
        offering=Offering.objects.first() or factories.offering(account),
        price_rule=factories.price_rule(),
        memory=CapacityMemory.objects.create(account=account, region="us-east-1", zone="us-east-1a"),
        sweep=Sweep.objects.create(account=account, started_at=timezone.now(), business_at=factories.NOON),
        block_question=factories.block_question(mine),
        purchase=(purchase := factories.block_purchase(mine, account)),
        paid_capacity=factories.paid_capacity(mine, account, purchase=purchase, fee=purchase.fee),
        endpoint=endpoint,
        replica=replica,
        decision=decision,
        model=endpoint.model,
        serving_config=endpoint.serving_config,
        quota=quota,
        budget=budget,
        change_request=change_request,
        webhook=hook,
        webhook_message=message,
        operator=operator,
        viewer=viewer,
        stranger=stranger,
        token=factories.token(mine, issuer=operator),
        viewers_token=factories.token(mine, "read", issuer=viewer),
        strangers_token=factories.token(other, issuer=stranger),
        expired_token=_expired(factories.token(mine, issuer=operator)),
        revoked_token=_revoked(factories.token(mine, issuer=operator)),
    )


def _row(plain: str) -> Token:
    return Token.objects.get(key_id=plain.split("_")[1])


def _expired(plain: str) -> str:
    Token.objects.filter(pk=_row(plain).pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return plain


def _revoked(plain: str) -> str:
    row = _row(plain)
    tokens.revoke_token(row, by=caller_of_user(row.issuer), now=timezone.now())
    return plain
