"""Plain rows made ready to show: which word, which tone, which link. Templates only place them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from fleet.formatting import clock, place
from fleet.states import allocation_look, attempt_look, reason_text, slot_look
from fleet.telling import tell

Row = Mapping[str, Any]


def allocation_row(row: Row, now: datetime) -> dict[str, Any]:
    """One line of the fleet table."""
    machines = row["machines"]
    places = _counted(_place(machine) for machine in machines)
    return {
        **row,
        "href": reverse("allocation", args=[row["public_id"]]),
        "short_id": short_id(row["public_id"]),
        "look": allocation_look(row["state"], idle=row["idle_since"] is not None),
        "why": reason_text(row["reason"], row["detail"]) if row["state"] != "active" else _ready_words(row, machines),
        "asks": asks(row),
        "kinds": ", ".join(_counted(machine["instance_type"] for machine in machines)),
        "places": ", ".join(places),
        "places_apart": places,
        "capacity": ", ".join(sorted({machine["capacity_type"] for machine in machines if machine["capacity_type"]})),
        "age": (row["released_at"] or now) - row["created_at"],
        "health": _health(row, machines),
        "machines": [machine_row(machine) for machine in machines],
    }


def machine_row(slot: Row) -> dict[str, Any]:
    return {
        **slot,
        "look": slot_look(slot["state"]),
        "why": _why(slot, slot["instance__provider_id"]),
        "place": _place(slot),
    }


def asks(row: Row) -> str:
    """`8 × H100`, or what is needed of whatever it may be."""
    if row["accelerator"]:
        return f"{row['accelerator_count']} × {row['accelerator']}"
    need = row["need"] or {}
    parts = [f"≥ {need['memory_gib']:g} GiB" if need.get("memory_gib") else "", "FP8" if need.get("fp8") else ""]
    return ", ".join(filter(None, [*parts, need.get("interconnect") or ""])) or "any accelerator"


def incident_alert(row: Row, now: datetime, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    named = names.get(row["subject"])
    return {
        **row,
        "href": reverse("allocation", args=[named["page"]]) if named else "",
        "since": now - row["opened_at"],
        "kind": "SLO" if row["kind"] == "slo" else row["kind"].replace("-", " ").capitalize(),
    }


def event_item(row: Row, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """One line of a list of news."""
    told = tell(row["topic"], row["data"])
    named = names.get(row["subject"]) or names.get(str(row["data"].get("allocation", "")))
    href = named.get("href") or reverse("allocation", args=[named["page"]]) if named else ""
    return {
        "at": row["occurred_at"],
        "subject": named["name"] if named else short_id(row["subject"]),
        "href": href,
        "explain": href,
        "changes": changes(row["data"]),
        "title": told.title,
        "detail": told.detail,
        "icon": told.icon,
        "tone": told.tone,
        "about": " · ".join(
            filter(None, [row.get("project__slug"), row.get("actor") if row.get("actor") != "purser" else ""])
        ),
    }


def changes(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """What an event says was changed, value by value: only what differs."""
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, Mapping | None) or not isinstance(after, Mapping | None) or not (before or after):
        return []
    before, after = before or {}, after or {}
    return [
        {"name": key.replace("_", " "), "before": _value(before.get(key)), "after": _value(after.get(key))}
        for key in [*before, *(key for key in after if key not in before)]
        if before.get(key) != after.get(key)
    ]


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def short_id(public_id: str) -> str:
    """`alloc_…3f9c2a`: enough to tell two apart; the whole id stands in the title."""
    kind, _, rest = public_id.partition("_")
    return f"{kind}_…{rest[-6:]}" if len(rest) > 8 else public_id


def explained(trail: Mapping[str, Any]) -> dict[str, Any]:
    """What `fleet.services.explaining` told, with looks and losers grouped by their reason."""
    plan = trail["plan"] or {}
    losers = sorted(plan.get("rejected", []), key=lambda row: (row["code"], float(row["price_per_hour"])))
    counts = Counter(row["code"] for row in losers)
    groups = [
        {"code": code.replace("-", " "), "count": count, "rows": [row for row in losers if row["code"] == code]}
        for code, count in counts.most_common()
    ]
    candidates = _ranked(plan)
    attempts = [
        {**row, "look": attempt_look(row["state"]), "at": datetime.fromisoformat(row["created_at"])}
        for row in reversed(trail["attempts"])
    ]
    slots = [
        {
            **row,
            "look": slot_look(row["state"]),
            "why": _why(row, row["machine"]),
            "at": datetime.fromisoformat(row["since"]),
        }
        for row in reversed(trail["slots"])
    ]
    return {"plan": plan, "loser_groups": groups, "candidates": candidates, "attempts": attempts, "slots": slots}


def _ranked(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Candidates in the planner's order. What costs less for what it brings and was not chosen brings more than was
    bought, or is no cheaper."""
    chosen = {_pool_key(row) for row in plan.get("chosen", [])}
    rows = plan.get("candidates", [])
    first = next((k for k, row in enumerate(rows) if _pool_key(row) in chosen), len(rows))
    bought = sum(row["machines"] * row["accelerator_count"] for row in plan.get("chosen", []))
    ranked = []
    for k, row in enumerate(rows):
        brings = row.get("machines_for_all", 1) * row["accelerator_count"]
        before = {"larger": k < first and brings > bought, "no_better": k < first and brings <= bought}
        ranked.append({**row, "rank": k + 1, "chosen": _pool_key(row) in chosen, **before})
    return ranked


def _why(slot: Row, machine: str | None) -> str:
    """The reason in a sentence; a detail that only repeats the machine's id tells nothing."""
    return reason_text(slot["reason"], "" if slot["detail"] == machine else slot["detail"])


def _pool_key(row: Row) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("cloud", "zone", "instance_type", "capacity_type"))


def _place(slot: Row) -> str:
    return place(slot["account__cloud"] or "", slot["region"], slot["zone"])


def _counted(words: Any) -> list[str]:
    """`3 × g6.xlarge`, `p5.48xlarge +1`: the commonest two, and how many kinds more there are."""
    counts = Counter(word for word in words if word).most_common()
    shown = [f"{count} × {word}" if count > 1 else word for word, count in counts[:2]]
    return [*shown[:-1], f"{shown[-1]} +{len(counts) - 2}"] if len(counts) > 2 else shown


def _ready_words(row: Row, machines: Sequence[Row]) -> str:
    if row["idle_since"] is not None:
        return f"No work since {clock(row['idle_since'])}"
    ready = sum(machine["state"] == "ready" for machine in machines)
    return f"{ready} of {len(machines)} machine{'s' if len(machines) != 1 else ''} ready"


def _health(row: Row, machines: Sequence[Row]) -> dict[str, str]:
    noticed = min((m["instance__interruption_at"] for m in machines if m["instance__interruption_at"]), default=None)
    states = Counter(machine["state"] for machine in machines)
    if states["unhealthy"] or states["lost"]:
        return {"tone": "bad", "icon": "fail", "word": f"{states['unhealthy'] + states['lost']} unhealthy"}
    if noticed:
        return {"tone": "warn", "icon": "bolt", "word": f"Interruption {clock(noticed)}"}
    if row["state"] in ("released", "failed"):
        return {"tone": "", "icon": "stop", "word": "Ended"}
    if not states["ready"]:
        return {"tone": "", "icon": "clock", "word": "Not yet"}
    if row["idle_since"] is not None:
        return {"tone": "", "icon": "hold", "word": "No work"}
    return {"tone": "ok", "icon": "check", "word": "Healthy"}
