"""The lines of the price book, entered and ended by people, each time with an event.

What a line says of the past never changes: one that has begun can be given an end, and another follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from fleet.domain.limits import check_money
from fleet.domain.owned import read_cost
from fleet.domain.pricebook import RuleKind, rivals
from fleet.domain.refusals import Refused, check_generation, did_you_mean
from fleet.models import CapacityType, CloudAccount, PriceRule
from fleet.services import events
from fleet.services.access import Caller
from fleet.services.known_clouds import check_cloud
from fleet.services.pricing import reprice, rule_of

WRITE = "installation:write"
MOST_RULES = 2_000
JUST_BEFORE = timedelta(microseconds=1)
TERMS = {
    RuleKind.DISCOUNT: ("percent_off",),
    RuleKind.FIXED: ("price_per_hour",),
    RuleKind.COMMITMENT: ("committed_per_hour", "percent_off"),
    RuleKind.OWNED: ("cost",),
}
AMOUNTS = ("percent_off", "price_per_hour", "committed_per_hour", "cost")
SCOPES = ("cloud", "instance_type", "region", "capacity_type")
CHANGEABLE = ("name", "note", "ends_at")


@dataclass(frozen=True)
class RuleSpec:
    """A line as somebody enters it. `starts_at` None: now."""

    name: str
    kind: str
    account: CloudAccount | None = None
    cloud: str = ""
    instance_type: str = ""
    region: str = ""
    capacity_type: str = ""
    percent_off: Decimal | None = None
    price_per_hour: Decimal | None = None
    committed_per_hour: Decimal | None = None
    cost: Mapping[str, Any] | None = None
    currency: str = "USD"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = ""


def add_rule(spec: RuleSpec, *, by: Caller, now: datetime) -> PriceRule:
    """A new line, in force from its start on; prices follow at once. Raises Refused with the field and what to do."""
    by.require(WRITE, None)
    kind = _check(spec, now)
    cost = None if spec.cost is None else {name: _plain(value) for name, value in spec.cost.items()}
    currency = spec.currency if spec.cost is None else read_cost(spec.cost).currency
    row = PriceRule(
        name=spec.name.strip(), kind=kind, account=spec.account, starts_at=spec.starts_at or now,
        ends_at=spec.ends_at, note=spec.note, cost=cost, currency=currency,
        **{name: getattr(spec, name) for name in (*SCOPES, "percent_off", "price_per_hour", "committed_per_hour")},
    )  # fmt: skip
    with transaction.atomic():
        _lock()
        if PriceRule.objects.count() >= MOST_RULES:
            raise Refused("rules", f"The price book holds {MOST_RULES:,} lines, and no more fit.")
        _refuse_rivals(row)
        row.save()
        _say("price-rule.added", row, by, now, before=None, after=described(row))
        _turn(row.starts_at, now)
    return row


def change_rule(
    public_id: str, *, changes: Mapping[str, Any], by: Caller, now: datetime, generation: int | None = None
) -> PriceRule:
    """Call it otherwise, or end it: now or later. What it costs does not change; end it and add another.

    Raises DoesNotExist, Changed, or Refused.
    """
    by.require(WRITE, None)
    for name in changes:
        if name not in CHANGEABLE:
            sentence = f"{name} of a line does not change, so that what things cost stays told. End it and add another."
            raise Refused("not-changeable", sentence, field=name)
    with transaction.atomic():
        _lock()
        row = PriceRule.objects.get(public_id=public_id)
        check_generation(row.generation, generation)
        before, end_before = described(row), row.ends_at
        for name, value in changes.items():
            setattr(row, name, value)
        _check_name(row.name)
        if row.ends_at != end_before:
            _check_end(row, end_before, now)
            _refuse_rivals(row)
        after = described(row)
        if after == before:
            return row
        row.generation += 1
        row.save(update_fields=[*changes, "generation"])
        _say("price-rule.changed", row, by, now, before=before, after=after)
        if row.ends_at != end_before:
            _turn(min(end for end in (row.ends_at, end_before) if end), now)
    return row


def take_rule(public_id: str, *, by: Caller, now: datetime, generation: int | None = None) -> PriceRule | None:
    """Take a line away: one that has not begun is gone (None), one that has ends now and stays to be read.

    Raises DoesNotExist, Changed, or Refused.
    """
    by.require(WRITE, None)
    with transaction.atomic():
        _lock()
        row = PriceRule.objects.get(public_id=public_id)
        check_generation(row.generation, generation)
        if row.starts_at > now:
            _say("price-rule.deleted", row, by, now, before=described(row), after=None)
            row.delete()
            return None
        if row.ends_at is not None and row.ends_at <= now:
            raise Refused("rule-ended", f"It ended {row.ends_at:%Y-%m-%d %H:%M} UTC and stays, to explain past prices.")
    return change_rule(public_id, changes={"ends_at": now}, by=by, now=now)


def described(row: PriceRule) -> dict[str, Any]:
    """The whole of a line, for events and answers."""
    scopes = {name: getattr(row, name) for name in SCOPES}
    amounts = {name: getattr(row, name) for name in AMOUNTS}
    return {
        "name": row.name,
        "kind": row.kind,
        "account": row.account.name if row.account else None,
        **scopes,
        **amounts,
        "currency": row.currency,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "note": row.note,
    }


def _lock() -> None:
    """One change of the book at a time, and none while a catalogue is written: prices are made of both."""
    list(CloudAccount.objects.select_for_update(no_key=True).order_by("id").values_list("pk"))


def _turn(at: datetime, now: datetime) -> None:
    """Every price is looked at again from that instant on."""
    CloudAccount.objects.filter(priced_until__gte=at).update(priced_until=at - JUST_BEFORE)
    reprice(now=now)


def _check(spec: RuleSpec, now: datetime) -> RuleKind:
    _check_name(spec.name)
    if spec.kind not in set(RuleKind):
        known = did_you_mean(spec.kind, [kind.value for kind in RuleKind])
        raise Refused("rule-kind", f"No kind of line is called {spec.kind[:40]!r}.{known}", field="kind")
    kind = RuleKind(spec.kind)
    for name in AMOUNTS:
        given, wanted = getattr(spec, name) is not None, name in TERMS[kind]
        if wanted and not given:
            raise Refused("rule-terms", f"A {kind} needs {name}.", field=name)
        if given and not wanted:
            raise Refused("rule-terms", f"A {kind} has no {name}; it takes {', '.join(TERMS[kind])}.", field=name)
    _check_amounts(spec)
    _check_scope(spec)
    starts_at = spec.starts_at or now
    if starts_at < now:
        sentence = "A line begins now or later: what the past cost is known and is not rewritten."
        raise Refused("rule-starts", sentence, field="starts_at")
    if spec.ends_at is not None and spec.ends_at <= starts_at:
        raise Refused("rule-ends", "It ends after it begins.", field="ends_at")
    return kind


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("rule-name", "Give it a name of 1 to 100 letters; prices and bills say it.", field="name")


def _check_amounts(spec: RuleSpec) -> None:
    if spec.percent_off is not None:
        whole = spec.percent_off.is_finite() and 0 < spec.percent_off <= 100
        if not whole or spec.percent_off != spec.percent_off.quantize(Decimal("0.001")):
            sentence = "A percentage above 0 and up to 100, with at most 3 decimals, such as 12.5."
            raise Refused("percent", sentence, field="percent_off")
    for name in ("price_per_hour", "committed_per_hour"):
        if (amount := getattr(spec, name)) is not None:
            check_money(amount, field=name)
    if spec.committed_per_hour == 0:
        raise Refused("amount", "A commitment promises an amount above 0 an hour.", field="committed_per_hour")
    if spec.cost is not None:
        read_cost(spec.cost)
    if not (len(spec.currency) == 3 and spec.currency.isascii() and spec.currency.isupper()):
        raise Refused("currency", "Three capital letters, such as USD.", field="currency")


def _check_scope(spec: RuleSpec) -> None:
    if spec.cloud:
        check_cloud(spec.cloud)
    if spec.account is not None and spec.cloud:
        raise Refused("rule-scope", "An account is of one cloud already; name the account alone.", field="cloud")
    if spec.capacity_type and spec.capacity_type not in CapacityType.values:
        known = did_you_mean(spec.capacity_type, CapacityType.values)
        raise Refused("capacity-type", f"No capacity type is called that.{known}", field="capacity_type")
    alone = spec.kind in (RuleKind.FIXED, RuleKind.OWNED)
    if alone and not spec.instance_type.strip("*"):
        sentence = f"A {spec.kind} price is that of a machine: name its instance type, or a pattern such as p5.*."
        raise Refused("rule-scope", sentence, field="instance_type")
    if spec.instance_type.count("*") > 4:
        raise Refused("rule-scope", "At most four stars.", field="instance_type")


def _check_end(row: PriceRule, before: datetime | None, now: datetime) -> None:
    """An end may come nearer or be put off, and neither end may lie in the past: there the price is known."""
    if before is not None and before <= now:
        raise Refused("rule-ended", "It has ended; add another that follows it.", field="ends_at")
    if row.ends_at is not None and (row.ends_at < now or row.ends_at <= row.starts_at):
        raise Refused("rule-ends", "It ends now or later, and after it begins.", field="ends_at")


def _refuse_rivals(row: PriceRule) -> None:
    others = PriceRule.objects.filter(account=row.account).exclude(public_id=row.public_id)
    found = rivals(rule_of(vars(row)), [rule_of(vars(other)) for other in others])
    if found:
        sentence = (
            f"“{found[0].name}” is as specific and holds at the same time; nothing would choose between the two."
            " End it first, or make one of them more specific."
        )
        raise Refused("rule-tie", sentence, field="instance_type")


def _say(topic: str, row: PriceRule, by: Caller, now: datetime, *, before: dict[str, Any] | None, after: Any) -> None:
    data = {"name": row.name, "before": events.plain(before), "after": events.plain(after)}
    events.record(topic, subject=row.public_id, actor=by.name, now=now, data=data)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool) or value is None else str(value)
