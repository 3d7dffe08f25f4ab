"""Events as sentences: what happened, to what, and the numbers that made it happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.formatting import clock, usd
from fleet.states import reason_text

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    title: str
    icon: str
    tone: str = "mute"
    detail: str = ""


def tell(topic: str, data: Data) -> Told:
    """The sentence of an event. A topic without one of its own reads as its words."""
    found = _TOLD.get(topic)
    if found is None:
        noun, _, verb = topic.partition(".")
        return Told(f"{noun} {verb.replace('-', ' ')}".capitalize(), "activity", "mute", _numbers(data))
    title, icon, tone, detail = found
    return Told(title, icon, tone, detail(data))


def _money(value: Any) -> str:
    try:
        return f"{usd(Decimal(str(value)))}/h"
    except InvalidOperation:
        return ""


def _numbers(data: Data) -> str:
    """Every plain value of an event, as `name value`."""
    plain = {key: value for key, value in data.items() if isinstance(value, str | int | float) and value != ""}
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in list(plain.items())[:5])


def _text(*keys: str) -> Callable[[Data], str]:
    """The values of some keys, whichever are there."""
    return lambda data: " · ".join(str(data[key]) for key in keys if data.get(key) not in (None, ""))


def _demand(data: Data) -> str:
    what = data.get("accelerator") or "accelerators by need"
    return f"{data.get('accelerator_count', '?')} × {what}{', all or none' if data.get('gang') else ''}"


def _planned(data: Data) -> str:
    chosen = data.get("chosen") or []
    places = ", ".join(
        f"{row.get('machines', 1)} × {row['instance_type']} {row['capacity_type']} in {row['cloud']} {row['zone']}"
        for row in chosen
        if isinstance(row, Mapping) and "instance_type" in row
    )
    losers = data.get("rejected_by_reason") or {}
    refused = (
        ", ".join(f"{count} × {reason}" for reason, count in losers.items()) if isinstance(losers, Mapping) else ""
    )
    parts = [places or "nothing fits", _money(data.get("price_per_hour", ""))]
    return ". ".join(filter(None, [", ".join(filter(None, parts)), f"Not chosen: {refused}" if refused else ""]))


def _refused(data: Data) -> str:
    return " · ".join(str(data[key]) for key in ("class", "code", "pool") if data.get(key))


def _priced(data: Data) -> str:
    return " · ".join(filter(None, [str(data.get("pool", "")), _money(data.get("price_per_hour", ""))]))


def _noticed(data: Data) -> str:
    return f"{data.get('machine', 'a machine')} is taken back at {_time(data.get('ends_at'))}"


def _time(value: Any) -> str:
    """An event's ISO time as pages write it; the text itself if it is none."""
    try:
        return f"{clock(datetime.fromisoformat(str(value)))} UTC"
    except ValueError:
        return str(value)


def _resized(data: Data) -> str:
    return f"{data.get('before', '?')} → {data.get('after', '?')} accelerators, {data.get('reason', '')}".rstrip(", ")


def _extended(data: Data) -> str:
    return f"ends {_time(data['after'])}" if data.get("after") else "ends when it is released"


def _scaled(data: Data) -> str:
    return f"{data.get('before', '?')} → {data.get('after', '?')} replicas. {data.get('why', '')}".strip()


def _sentence(data: Data) -> str:
    return str(data.get("sentence") or data.get("detail") or _reason(data) or _numbers(data))


def _some(count: Any, what: str) -> str:
    return f"{count} {what}{'' if str(count) == '1' else 's'}"


def _ready(data: Data) -> str:
    return f"{_some(data.get('machines', '?'), 'machine')} ready"


def _reason(data: Data) -> str:
    """A code in words; a sentence as it is."""
    reason = str(data.get("reason", ""))
    return reason if " " in reason else reason_text(reason, "")


def _stopped(data: Data) -> str:
    """Why, or what its end cost those it served."""
    if "cut" not in data:
        return _reason(data)
    return f"{_some(data['cut'], 'request')} cut" if data["cut"] else "No request was cut"


def _failed(data: Data) -> str:
    return ". ".join(filter(None, [_reason(data), str(data.get("detail", ""))]))


def _changed(data: Data) -> str:
    after = data.get("after")
    return _numbers(after) if isinstance(after, Mapping) else _numbers(data)


def _difference(data: Data) -> str:
    """`max accelerators 64 → 32`, of what differs."""
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ""
    names = [name for name in after if before.get(name) != after[name]]
    return ", ".join(f"{name.replace('_', ' ')} {_said(before.get(name))} → {_said(after[name])}" for name in names[:5])


def _person(data: Data) -> str:
    return ". ".join(filter(None, [str(data.get("name", "")), _difference(data)]))


def _named(side: str) -> Callable[[Data], str]:
    """The name of what was made (`after`) or taken away (`before`)."""

    def name(data: Data) -> str:
        found = data.get(side)
        return str(found.get("name", "")) if isinstance(found, Mapping) else ""

    return name


def _said(value: Any) -> str:
    return "none" if value is None else str(value)


def _limit(data: Data) -> str:
    return ". ".join(filter(None, [str(data.get("limit", "")), _difference(data)]))


def _asked(data: Data) -> str:
    what = _difference(data) or f"{data.get('verb', 'change')} the {data.get('noun', 'limit')}"
    return ". ".join(filter(None, [what, str(data.get("why", ""))]))


def _member(data: Data) -> str:
    roles = [side.get("role") for side in (data.get("before"), data.get("after")) if isinstance(side, Mapping)]
    return f"{data.get('user', '?')}: {' → '.join(str(role) for role in roles if role)}"


_TOLD: dict[str, tuple[str, str, str, Callable[[Data], str]]] = {
    "allocation.requested": ("requested", "clock", "info", _demand),
    "allocation.planned": ("planned", "activity", "info", _planned),
    "allocation.active": ("is whole", "check", "ok", _ready),
    "allocation.degraded": ("degraded", "alert", "warn", _sentence),
    "allocation.draining": ("draining", "drain", "warn", _sentence),
    "allocation.released": ("released", "stop", "mute", _sentence),
    "allocation.failed": ("failed", "fail", "bad", _sentence),
    "allocation.resized": ("resized", "activity", "info", _resized),
    "allocation.extended": (
        "extended",
        "clock",
        "info",
        _extended,
    ),
    "allocation.release-requested": ("release asked for", "drain", "mute", _sentence),
    "allocation.changed": ("changed", "pencil", "info", _difference),
    "allocation.release-withdrawn": ("kept after all", "undo", "info", _numbers),
    "slot.cordoned": ("machine cordoned", "hold", "warn", _text("allocation")),
    "slot.uncordoned": ("machine takes work again", "check", "ok", _text("allocation")),
    "slot.drain-requested": ("machine drained by hand", "drain", "warn", _text("allocation")),
    "slot.release-requested": ("machine given up by hand", "drain", "warn", _text("allocation")),
    "slot.terminate-requested": ("machine ended by hand", "stop", "warn", _text("allocation", "reason")),
    "slot.opened": ("machine planned", "machine", "info", _priced),
    "slot.launching": ("launch called", "busy", "info", _text("pool")),
    "instance.launched": ("machine launched", "up", "ok", _priced),
    "instance.ready": ("machine ready", "check", "ok", _text("machine")),
    "instance.interruption-noticed": ("interruption notice", "bolt", "warn", _noticed),
    "instance.preempted": ("machine preempted", "bolt", "bad", _text("machine", "reason")),
    "instance.unhealthy": ("machine unhealthy", "alert", "bad", _numbers),
    "instance.terminated": ("machine terminated", "stop", "mute", _text("machine", "reason")),
    "instance.vanished": (
        "machine vanished",
        "alert",
        "bad",
        lambda data: f"{data.get('machine')}, last seen {_time(data.get('last_seen'))}",
    ),
    "instance.orphan-found": ("orphan found", "alert", "bad", _text("machine")),
    "instance.orphan-ended": ("orphan ended", "check", "ok", _text("machine")),
    "account.remains-removed": ("remains of a machine removed", "check", "ok", _text("machine", "account")),
    "launch.refused": ("launch refused", "stop", "warn", _refused),
    "launch.unknown": ("launch outcome unknown", "alert", "warn", _text("code", "message")),
    "launch.adopted": ("launch found again", "heal", "ok", _priced),
    "launch.abandoned": ("launch abandoned", "fail", "mute", _text("attempt")),
    "sweep.broke": ("sweep held back", "alert", "warn", _sentence),
    "budget.created": ("budget set", "money", "info", _limit),
    "budget.changed": ("budget changed", "money", "info", _limit),
    "budget.deleted": ("budget taken away", "money", "warn", _limit),
    "quota.created": ("quota set", "hold", "info", _limit),
    "quota.changed": ("quota changed", "hold", "info", _limit),
    "quota.deleted": ("quota taken away", "hold", "warn", _limit),
    "change-request.asked": ("change asked for", "clock", "info", _asked),
    "change-request.approved": ("change approved", "check", "ok", _asked),
    "change-request.refused": ("change refused", "stop", "mute", _asked),
    "change-request.expired": ("change expired", "clock", "mute", _asked),
    "change-request.outdated": ("change overtaken", "clock", "mute", _asked),
    "budget.refused": ("refused by a budget", "money", "bad", _sentence),
    "quota.refused": ("refused by a quota", "stop", "warn", _sentence),
    "token-cap.refused": ("refused by its token's spend cap", "money", "bad", _sentence),
    "token.issued": ("token issued", "plus", "info", _text("name")),
    "token.rotated": ("token rotated", "heal", "info", _text("name")),
    "token.changed": ("token's limits changed", "admin", "info", _text("name")),
    "token.revoked": ("token revoked", "stop", "warn", _text("name")),
    "member.added": ("member added", "plus", "info", _member),
    "member.changed": ("member's role changed", "admin", "info", _member),
    "member.removed": ("member removed", "stop", "warn", _member),
    "service-account.created": ("service account created", "plus", "info", _text("name")),
    "service-account.changed": ("service account changed", "admin", "info", _text("name")),
    "service-account.disabled": ("service account disabled", "hold", "warn", _text("name")),
    "service-account.enabled": ("service account enabled", "check", "ok", _text("name")),
    "service-account.deleted": ("service account deleted", "stop", "mute", _text("name")),
    "project.created": ("project created", "plus", "info", _text("slug")),
    "project.changed": ("project renamed", "admin", "info", _text("slug")),
    "project.deleted": ("project deleted", "stop", "warn", _text("slug")),
    "endpoint.created": ("created", "endpoint", "info", _text("name", "model")),
    "endpoint.scaled": ("scaled", "up", "info", _scaled),
    "endpoint.changed": ("changed", "admin", "info", _changed),
    "replica.started": ("replica started", "busy", "info", lambda _: ""),
    "replica.ready": ("replica ready", "check", "ok", _text("url")),
    "replica.draining": ("replica draining", "drain", "warn", _reason),
    "replica.stopped": ("replica stopped", "stop", "mute", _stopped),
    "replica.failed": ("replica failed", "fail", "bad", _failed),
    "telemetry.gap-found": ("telemetry gap", "stale", "warn", _sentence),
    "price.changed": ("price changed", "price", "info", _numbers),
    "saved-view.created": ("view saved", "bookmark", "mute", _changed),
    "saved-view.renamed": ("view renamed", "bookmark", "mute", _changed),
    "saved-view.deleted": ("view deleted", "bookmark", "mute", lambda data: _numbers(data.get("before") or {})),
    "incident.opened": ("incident opened", "alert", "bad", _sentence),
    "incident.acknowledged": ("incident looked after", "check", "info", _sentence),
    "launches.stopped": ("launches paused", "hold", "warn", _text("reason")),
    "launches.resumed": ("launches resumed", "check", "ok", _text("reason")),
    "sweeper.stopped": ("sweeper frozen", "hold", "warn", _text("reason")),
    "sweeper.resumed": ("sweeper goes on", "check", "ok", _text("reason")),
    "session.started": ("logged in", "people", "mute", _text("name", "how")),
    "session.ended": ("logged out", "out", "mute", _text("name")),
    "session.revoked": ("session ended", "ban", "warn", _text("name", "why")),
    "login.failed": ("login failed", "ban", "warn", _text("name", "how")),
    "password.changed": ("password changed", "key", "info", _text("name")),
    "password-link.made": ("link to set a password made", "key", "warn", _text("name")),
    "second-factor.added": ("second factor set up", "shield", "ok", _text("name")),
    "second-factor.removed": ("second factor removed", "shield", "warn", _text("name")),
    "recovery-codes.renewed": ("recovery codes renewed", "shield", "info", _text("name")),
    "memberships.mapped": ("roles given by groups", "people", "info", _difference),
    "user.invited": ("person invited", "people", "info", _text("name")),
    "user.added": ("person added", "people", "info", _text("name")),
    "user.changed": ("person changed", "people", "info", _person),
    "node.cordoned": ("node cordoned", "hold", "warn", _text("node", "account")),
    "node.uncordoned": ("node takes machines again", "check", "ok", _text("node", "account")),
    "node.emptied": ("node emptied", "hold", "warn", _text("node", "account")),
    "account.added": ("cloud account added", "cloud", "info", _named("after")),
    "account.changed": ("cloud account changed", "cloud", "info", _difference),
    "account.deleted": ("cloud account taken away", "cloud", "warn", _named("before")),
    "webhook.created": ("webhook added", "bell", "info", _named("after")),
    "webhook.changed": ("webhook changed", "bell", "info", _difference),
    "webhook.deleted": ("webhook deleted", "bell", "warn", _named("before")),
    "webhook.secret-rotated": ("webhook's secret replaced", "key", "info", _text("name")),
    "webhook.switched-off": ("webhook switched off", "bell", "bad", _text("name", "reason")),
    "webhook.tested": ("webhook tested", "bell", "mute", _text("name")),
    "webhook.resent": ("message sent again", "bell", "mute", _text("topic")),
    "installation.changed": ("installation changed", "admin", "warn", _difference),
    "installation.restore-confirmed": ("restored backup confirmed", "check", "warn", _difference),
    "sweep.requested": ("sweep asked for", "search", "info", _text("account")),
    "operation.cancel-requested": ("cancelling asked for", "undo", "info", _text("kind")),
    "operation.succeeded": ("operation done", "check", "mute", _text("kind")),
    "operation.failed": ("operation failed", "fail", "warn", _text("kind", "detail")),
    "operation.cancelled": ("operation cancelled", "undo", "mute", _text("kind")),
    "incident.closed": ("incident closed", "check", "ok", _sentence),
}

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "capacity": ("Capacity", ("allocation.", "slot.", "launch.", "instance.")),
    "serving": ("Serving", ("endpoint.", "replica.", "telemetry.")),
    "money": ("Money and limits", ("budget.", "quota.", "token-cap.", "price.", "change-request.")),
    "people": (
        "People",
        ("session.", "login.", "password", "second-factor.", "recovery-codes.", "member", "user."),
    ),
    "trouble": (
        "Incidents and sweeps",
        ("incident.", "sweep.", "sweeper.", "launches.", "instance.orphan", "instance.vanished"),
    ),
}
