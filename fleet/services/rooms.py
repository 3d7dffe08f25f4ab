"""What quotas, budgets and the cap of a token leave now, for planning. The launch checks again under the locks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fleet.domain.capacity import USD
from fleet.domain.room import Cap, Room
from fleet.models import Budget, BudgetAction, Project, Quota
from fleet.services import tokens
from fleet.services.compiled import Statement


def room_for(project: Project, *, endpoint_ref: str, token_id: int | None = None) -> Room:
    """Everything that covers a launch of this project; `endpoint_ref` empty: for no endpoint."""
    accelerators: list[tuple[int, str]] = []
    by_kind: dict[tuple[str, str], tuple[int, str]] = {}
    for quota, held in _quotas(project):
        left, name = quota.max_accelerators - held, f"the quota ({quota})"
        if not quota.cloud and not quota.accelerator:
            accelerators.append((left, name))
        else:
            key = (quota.cloud, quota.accelerator)
            by_kind[key] = min(by_kind.get(key, (left, "")), (left, name))
    caps: list[Cap] = []
    rates: list[tuple[Decimal, str, str]] = []
    for budget, rate in _blocking(project, endpoint_ref):
        caps.append(Cap(budget.cloud, budget.currency, f"the budget ({budget})"))
        if not budget.cloud and budget.cap_per_hour is not None:
            rates.append((budget.cap_per_hour - rate, f"the budget ({budget})", "budget"))
    if token_id is not None:
        for token_name, cap, rate in _CAPPED.rows(token=token_id, currency=USD):
            name = f"the spend cap of the token {token_name}"
            rates.append((cap - rate, name, "token-cap"))
            caps.append(Cap("", USD, name))
    tightest = min(accelerators) if accelerators else None
    poorest = min(rates) if rates else None
    return Room(
        accelerators=tightest[0] if tightest else None,
        accelerators_of=by_kind,
        price_per_hour=poorest[0] if poorest else None,
        quota_name=tightest[1] if tightest else "",
        budget_name=poorest[1] if poorest else "",
        budget_code=poorest[2] if poorest else "budget",
        caps=tuple(caps),
    )


def _quotas(project: Project) -> Iterator[tuple[Quota, int]]:
    """Each with the accelerators that are held under it; only what names and counts it is read."""
    for most, cloud, accelerator, slug, held in _HELD.rows(project=project.pk):
        of = None if slug is None else Project(slug=slug)
        yield Quota(project=of, cloud=cloud, accelerator=accelerator, max_accelerators=most), int(held)


def _blocking(project: Project, endpoint_ref: str) -> Iterator[tuple[Budget, Decimal]]:
    """Each budget that refuses launches, with what is held under it an hour."""
    asked = {"project": project.pk, "endpoint": endpoint_ref, "action": BudgetAction.BLOCK.value}
    for cap, cloud, endpoint, currency, slug, rate in _RATES.rows(**asked):
        of = None if slug is None else Project(slug=slug)
        yield Budget(project=of, cloud=cloud, endpoint_ref=endpoint, currency=currency, cap_per_hour=cap), rate


_HELD = Statement(
    """
SELECT quota.max_accelerators, quota.cloud, quota.accelerator, project.slug,
       (SELECT coalesce(sum(hold.accelerator_count), 0) FROM fleet_hold hold WHERE hold.released_at IS NULL
          AND (quota.project_id IS NULL OR hold.project_id = quota.project_id)
          AND (quota.cloud = '' OR hold.cloud = quota.cloud)
          AND (quota.accelerator = '' OR hold.accelerator = quota.accelerator))
FROM fleet_quota quota LEFT JOIN fleet_project project ON project.id = quota.project_id
WHERE quota.project_id IS NULL OR quota.project_id = %(project)s
ORDER BY quota.id
"""
)
_RATES = Statement(
    """
SELECT budget.cap_per_hour, budget.cloud, budget.endpoint_ref, budget.currency, project.slug,
       (SELECT coalesce(sum(hold.price_per_hour), 0) FROM fleet_hold hold
        WHERE hold.released_at IS NULL AND hold.currency = budget.currency
          AND (budget.project_id IS NULL OR hold.project_id = budget.project_id)
          AND (budget.cloud = '' OR hold.cloud = budget.cloud)
          AND (budget.endpoint_ref = '' OR hold.endpoint_ref = budget.endpoint_ref))
FROM fleet_budget budget LEFT JOIN fleet_project project ON project.id = budget.project_id
WHERE (budget.project_id IS NULL OR budget.project_id = %(project)s) AND budget.action = %(action)s
  AND budget.endpoint_ref IN ('', %(endpoint)s)
ORDER BY budget.id
"""
)
_CAPPED = Statement(
    "WITH family AS ("  # noqa: S608 - nothing of it comes from outside
    + tokens.FAMILY.replace("%s", "%(token)s")
    + """),
  newest AS (SELECT * FROM family ORDER BY revoked_at IS NULL DESC, id DESC LIMIT 1)
SELECT newest.name, newest.spend_cap_per_hour,
       (SELECT coalesce(sum(hold.price_per_hour), 0) FROM fleet_hold hold
        LEFT JOIN fleet_launchattempt attempt ON attempt.id = hold.attempt_id
        LEFT JOIN fleet_slot slot ON slot.id = attempt.slot_id
        LEFT JOIN fleet_allocation allocation ON allocation.id = slot.allocation_id
        LEFT JOIN fleet_blockpurchase purchase ON purchase.id = hold.purchase_id
        WHERE hold.released_at IS NULL AND hold.currency = %(currency)s
          AND (allocation.requested_token_id IN (SELECT id FROM family)
               OR purchase.requested_token_id IN (SELECT id FROM family)))
FROM newest WHERE newest.spend_cap_per_hour IS NOT NULL
"""
)
"""The cap that holds today: of the last one of a chain of rotations that still lives, or of the last when none does."""
