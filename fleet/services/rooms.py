"""What quotas, budgets and the cap of a token leave now, for planning. The launch checks again under the locks."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from fleet.domain.capacity import USD
from fleet.domain.room import Cap, Room
from fleet.models import Budget, BudgetAction, Project, Quota
from fleet.services import tokens
from fleet.services.compiled import Statement
from fleet.services.moment import ASKED, WIDTH, Moment, moment_of


def room_for(project: Project, *, endpoint_ref: str, token_id: int | None = None) -> Room:
    """Everything that covers a launch of this project; `endpoint_ref` empty: for no endpoint."""
    return _room(_Limit(*row) for row in _LIMITS.rows(**_named(project, endpoint_ref, token_id)))


def moment_and_room(project: Project, *, token_id: int | None) -> tuple[Moment, Room]:
    """What a plan for no endpoint reads first, and what leaves room for it: in one statement, for who is in a hurry."""
    rows = _BOTH.rows(**_named(project, "", token_id))
    limits = (_Limit(*row[WIDTH:]) for row in rows if row[WIDTH] is not None)
    return moment_of(rows[0]), _room(limits)


def _named(project: Project, endpoint_ref: str, token_id: int | None) -> dict[str, Any]:
    action = BudgetAction.BLOCK.value
    return {"project": project.pk, "endpoint": endpoint_ref, "action": action, "token": token_id, "currency": USD}


def _room(limits: Iterable[_Limit]) -> Room:
    accelerators: list[tuple[int, str]] = []
    by_kind: dict[tuple[str, str], tuple[int, str]] = {}
    caps: list[Cap] = []
    rates: list[tuple[Decimal, str, str]] = []
    for limit in limits:
        if limit.kind == "quota":
            name = f"the quota ({_quota(limit)})"
            if not limit.cloud and not limit.accelerator:
                accelerators.append((int(limit.left), name))
            else:
                key = (limit.cloud, limit.accelerator)
                by_kind[key] = min(by_kind.get(key, (int(limit.left), "")), (int(limit.left), name))
        elif limit.kind == "budget":
            name = f"the budget ({_budget(limit)})"
            caps.append(Cap(limit.cloud, limit.currency, name))
            if not limit.cloud and limit.most is not None:
                rates.append((limit.left, name, "budget"))
        else:
            name = f"the spend cap of the token {limit.owner}"
            caps.append(Cap("", USD, name))
            rates.append((limit.left, name, "token-cap"))
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


class _Limit(NamedTuple):
    """A quota, a budget or the cap of a token. `most` None: only by the month. `owner`: a project or a token."""

    kind: str
    key: int
    most: Decimal | None
    cloud: str
    accelerator: str
    endpoint_ref: str
    currency: str
    owner: str | None
    held: Decimal

    @property
    def left(self) -> Decimal:
        return (self.most or Decimal(0)) - self.held


def _quota(limit: _Limit) -> Quota:
    """Enough of it to be named."""
    most = int(limit.most or 0)
    return Quota(project=_owner(limit), cloud=limit.cloud, accelerator=limit.accelerator, max_accelerators=most)


def _budget(limit: _Limit) -> Budget:
    """Enough of it to be named."""
    return Budget(
        project=_owner(limit),
        cloud=limit.cloud,
        endpoint_ref=limit.endpoint_ref,
        currency=limit.currency,
        cap_per_hour=limit.most,
    )


def _owner(limit: _Limit) -> Project | None:
    return None if limit.owner is None else Project(slug=limit.owner)


_ALL = f"""
  family AS ({tokens.FAMILY.replace("%s", "%(token)s::bigint")}),
  newest AS (SELECT * FROM family ORDER BY revoked_at IS NULL DESC, id DESC LIMIT 1),
  limits AS (
SELECT 'quota' AS kind, quota.id AS key, quota.max_accelerators::numeric, quota.cloud::text, quota.accelerator::text,
       ''::text, ''::text, project.slug::text,
       (SELECT coalesce(sum(hold.accelerator_count), 0)::numeric FROM fleet_hold hold WHERE hold.released_at IS NULL
          AND (quota.project_id IS NULL OR hold.project_id = quota.project_id)
          AND (quota.cloud = '' OR hold.cloud = quota.cloud)
          AND (quota.accelerator = '' OR hold.accelerator = quota.accelerator))
FROM fleet_quota quota LEFT JOIN fleet_project project ON project.id = quota.project_id
WHERE quota.project_id IS NULL OR quota.project_id = %(project)s
UNION ALL
SELECT 'budget', budget.id, budget.cap_per_hour, budget.cloud, '', budget.endpoint_ref, budget.currency, project.slug,
       (SELECT coalesce(sum(hold.price_per_hour), 0) FROM fleet_hold hold
        WHERE hold.released_at IS NULL AND hold.currency = budget.currency
          AND (budget.project_id IS NULL OR hold.project_id = budget.project_id)
          AND (budget.cloud = '' OR hold.cloud = budget.cloud)
          AND (budget.endpoint_ref = '' OR hold.endpoint_ref = budget.endpoint_ref))
FROM fleet_budget budget LEFT JOIN fleet_project project ON project.id = budget.project_id
WHERE (budget.project_id IS NULL OR budget.project_id = %(project)s) AND budget.action = %(action)s
  AND budget.endpoint_ref IN ('', %(endpoint)s)
UNION ALL
SELECT 'token', newest.id, newest.spend_cap_per_hour, '', '', '', %(currency)s::text, newest.name,
       (SELECT coalesce(sum(hold.price_per_hour), 0) FROM fleet_hold hold
        LEFT JOIN fleet_launchattempt attempt ON attempt.id = hold.attempt_id
        LEFT JOIN fleet_slot slot ON slot.id = attempt.slot_id
        LEFT JOIN fleet_allocation allocation ON allocation.id = slot.allocation_id
        LEFT JOIN fleet_blockpurchase purchase ON purchase.id = hold.purchase_id
        WHERE hold.released_at IS NULL AND hold.currency = %(currency)s
          AND (allocation.requested_token_id IN (SELECT id FROM family)
               OR purchase.requested_token_id IN (SELECT id FROM family)))
FROM newest WHERE newest.spend_cap_per_hour IS NOT NULL)
"""  # noqa: S608 - nothing of it comes from outside
"""Of a token the cap that holds today: of the last one of a chain of rotations that still lives, or of the last when
none does."""
_LIMITS = Statement(f"WITH {_ALL} SELECT * FROM limits ORDER BY kind, key")  # noqa: S608 - as above
_BOTH = Statement(
    f"WITH moment AS ({ASKED}), {_ALL} SELECT * FROM moment LEFT JOIN limits ON true ORDER BY kind, key"  # noqa: S608
)
