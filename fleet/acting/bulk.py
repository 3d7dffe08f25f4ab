"""Release or extend several allocations: one plan that lists every one, and a result for each."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fleet.acting.dialog import require_somewhere, show
from fleet.acting.fields import Span
from fleet.acting.rows import SCOPE, standing
from fleet.domain.refusals import Refused
from fleet.formatting import clock, usd
from fleet.forms import StrictForm
from fleet.models import Allocation
from fleet.pages import Frame, frame_of
from fleet.queries.rows import in_scope
from fleet.services import allocations, releasing

MOST = 100
VERBS = {"extend": "Extend", "release": "Release", "keep": "Keep"}


class BulkForm(StrictForm):
    """`id` may come many times, and `seen` beside it: which version of it was on the screen. `go`: do it."""

    undrawn = ("id", "seen", "do", "go")
    id = forms.CharField(required=False)
    seen = forms.CharField(required=False)
    do = forms.ChoiceField(choices=list(VERBS.items()), error_messages={"invalid_choice": "Choose what to do."})
    go = forms.BooleanField(required=False)
    by = Span(required=False, label="Longer by", help_text="90 min, 24h, 7d.")
    typed = forms.CharField(required=False, max_length=40, label="To be sure")


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """The plan of all of them; and with POST their doing."""
    frame = frame_of(request)
    require_somewhere(frame, SCOPE)
    sent = request.POST if request.method == "POST" else request.GET
    form = BulkForm({"do": "release", "by": "24h", **sent.dict()})
    valid = form.is_valid()
    items = _items(sent.getlist("id")[: MOST + 1], frame)
    if len(items) > MOST:
        form.add_error(None, f"At most {MOST} at once; {MOST} of them are shown.")
        items, valid = items[:MOST], False
    do = form.cleaned_data.get("do", "release")
    by: timedelta = form.cleaned_data.get("by") or timedelta(hours=24)
    going = [item for item in items if not (item["serves"] and do != "keep")]
    word = f"release {len(going)}"
    busy = do == "release" and any(item["busy"] for item in going)
    if valid and request.method == "POST" and form.cleaned_data["go"]:
        if busy and form.cleaned_data["typed"] != word:
            form.add_error("typed", f"Type {word}, exactly so. Nothing was released.")
        else:
            seen = dict(one.rpartition(" ")[::2] for one in sent.getlist("seen"))
            results = [_do(item, do, by, frame, seen.get(item["row"].public_id, "")) for item in items]
            done = {"verb": VERBS[do], "do": do, "results": results, "back": reverse("fleet")}
            return show(request, "acting/bulk_done.html", frame, done, section="fleet")
    price = sum((item["price"] for item in going), Decimal(0))
    context: dict[str, Any] = {
        "form": form,
        "do": do,
        "verb": VERBS[do],
        "going": len(going),
        "items": [item | {"after": _after(item, do, by, frame)} for item in items],
        "price": price,
        "more": price * Decimal(by / timedelta(hours=1)),
        "busy": busy,
        "word": word,
        "back": reverse("fleet"),
    }
    status = 422 if form.errors else 200
    return show(request, "acting/bulk.html", frame, context, section="fleet", status=status)


def _items(ids: list[str], frame: Frame) -> list[dict[str, Any]]:
    """Those that may be seen, in the order they were chosen; one that may not be acted on says so in its result."""
    rows = in_scope(Allocation.objects.select_related("project"), frame.projects).filter(public_id__in=ids)
    found = {row.public_id: row for row in rows}
    items = []
    for public_id in dict.fromkeys(ids):
        row = found.get(public_id)
        if row is None:
            continue
        held = standing(row, frame.now)
        told = {"row": row, "price": held.price, "busy": held.busy, "machines": len(held.machines)}
        items.append(told | {"serves": bool(row.endpoint_ref)})
    return items


def _after(item: dict[str, Any], do: str, by: timedelta, frame: Frame) -> str:
    row: Allocation = item["row"]
    if item["serves"] and do != "keep":
        return "stays"
    if do != "extend":
        return f"{usd(item['price'])}/h → {usd(Decimal(0))}/h"
    before = clock(row.expires_at, frame.now) if row.expires_at else "never"
    return f"ends {before} → {clock((row.expires_at or frame.now) + by, frame.now)}"


def _do(item: dict[str, Any], do: str, by: timedelta, frame: Frame, seen: str) -> dict[str, Any]:
    """Each by itself: one's refusal leaves the others alone. Pressed twice, nothing is made longer twice."""
    row: Allocation = item["row"]
    name, actor = row.public_id, frame.caller.name
    try:
        if not frame.caller.may(SCOPE, row.project_id):
            raise Refused("scope", "You may look at it and not change it.")
        if do == "keep":
            releasing.withdraw(name, now=frame.now, actor=actor)
            said = "Kept."
        elif do == "release":
            releasing.release_soon(name, now=frame.now, actor=actor)
            said = f"Released in {int(releasing.SECOND_THOUGHTS.total_seconds())} s."
        else:
            until, read = (row.expires_at or frame.now) + by, row.generation if seen == str(row.generation) else 0
            done = allocations.extend(name, expires_at=until, now=frame.now, actor=actor, generation=read)
            said = f"Ends {clock(done.expires_at, frame.now)} UTC."
    except Refused as refused:
        return {"row": row, "ok": False, "said": refused.sentence}
    return {"row": row, "ok": True, "said": said}
