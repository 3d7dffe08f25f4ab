"""The pages of Settings → Limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet import presenting
from fleet.domain.refusals import Refused
from fleet.downloads import Sheet, asked
from fleet.forms import done, not_done
from fleet.limiting import files
from fleet.limiting.forms import NEW, TERMS, AwayForm, WhyForm, terms_in
from fleet.limiting.rows import LimitRow, budget_row, quota_row, request_row
from fleet.models import ChangeRequest, ChangeState, Installation, Project, Quota
from fleet.pages import Frame, frame_of
from fleet.queries.events import event_rows
from fleet.queries.rows import in_scope
from fleet.services import approvals, budgets, limits
from fleet.services.access import Caller
from fleet.services.limits import Outcome
from fleet.settings_pages import render_section
from fleet.sudo import sudo_required
from fleet.uploads import uploaded

HERE = "limits"


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Every quota and budget one may see, with what is held, spent and left; what waits for approval."""
    frame = frame_of(request)
    _require(frame.caller, "limits:read")
    quotas, money = _quotas(frame), _budgets(frame)
    sheets = {"quotas": lambda: _sheet("quota", quotas), "budgets": lambda: _sheet("budget", money)}
    waiting = _visible(ChangeRequest.objects.all(), frame.caller).filter(state=ChangeState.WAITING)
    switch = Installation.objects.filter(pk=1).values_list("two_pairs_of_eyes", flat=True).first() or False
    context = {
        "quotas": quotas,
        "budgets": money,
        "waiting": [
            request_row(row, mine=approvals.may_decide(row, frame.caller))
            for row in waiting.select_related("project").order_by("id")[:100]
        ],
        "may_set": frame.caller.may_somewhere("limits:write"),
        "two_pairs": switch,
        "may_switch": frame.caller.may("installation:write", None),
    }
    return asked(request, context, sheets) or render_section(request, "limiting/overview.html", frame, HERE, context)


@require_http_methods(["GET", "POST"])
@sudo_required
def new(request: HttpRequest, noun: str) -> HttpResponseBase:
    frame = frame_of(request)
    _require(frame.caller, "limits:write")
    if noun not in NEW:
        raise Http404
    form = NEW[noun](request.POST or None, by=frame.caller)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            said = form.cleaned_data
            project = Project.objects.get(slug=said["project"]) if said["project"] else None
            scope = {"cloud": said["cloud"]}
            scope |= {"accelerator": said["accelerator"]} if noun == "quota" else {"endpoint_ref": said["endpoint"]}
            make = limits.create_quota if noun == "quota" else limits.create_budget
            made = make(project=project, by=frame.caller, now=frame.now, **scope, **terms_in(said, noun))
            note = budgets.over_held(made, now=frame.now)
            return done(request, f"The {noun} holds from now on. {note}".strip(), to=reverse(HERE))
    context = {"form": form, "noun": noun}
    status = 422 if form.is_bound else 200
    return render_section(request, "limiting/new.html", frame, HERE, context, status=status)


@require_http_methods(["GET", "POST"])
@sudo_required
def change(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One limit: change it, take it away, and see who changed it before."""
    frame = frame_of(request)
    row = _row(frame.caller, public_id)
    noun = limits.noun_of(public_id)
    if not limits.may_set(frame.caller, row.project_id):
        raise PermissionDenied
    form = TERMS[noun](request.POST or None, initial=limits.terms_of(row) | {"generation": row.generation})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            outcome = limits.change_limit(
                public_id,
                changes=terms_in(form.cleaned_data, noun),
                by=frame.caller,
                now=frame.now,
                generation=form.cleaned_data["generation"],
                why=form.cleaned_data["why"],
            )
            return done(request, _sentence("changed", outcome), to=reverse(HERE))
    return _page(request, frame, row, form=form)


@require_POST
@sudo_required
def delete(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Take a limit away; the form has its id typed again."""
    frame = frame_of(request)
    row = _row(frame.caller, public_id)
    if not limits.may_set(frame.caller, row.project_id):
        raise PermissionDenied
    form = AwayForm(request.POST, word=public_id[-6:])
    if form.is_valid():
        with form.refusals():
            read = form.cleaned_data["generation"]
            outcome = limits.delete_limit(public_id, by=frame.caller, now=frame.now, generation=read)
            return done(request, _sentence("deleted", outcome), to=reverse(HERE))
    return _page(request, frame, row, away=form)


def _page(
    request: HttpRequest, frame: Frame, row: Any, *, form: Any = None, away: AwayForm | None = None
) -> HttpResponseBase:
    """One limit with what may be done to it; 422 where that was refused."""
    public_id, noun = row.public_id, limits.noun_of(row.public_id)
    read = {"generation": row.generation}
    form = form or TERMS[noun](initial=limits.terms_of(row) | read)
    away = away or AwayForm(initial=read, word=public_id[-6:])
    news = event_rows(None, subjects=[public_id], limit=20)
    context = {
        "form": form,
        "away": away,
        "row": row,
        "noun": noun,
        "said": str(row),
        "news": [presenting.event_item(event, {}) for event in news],
        "waiting": ChangeRequest.objects.filter(subject=public_id, state=ChangeState.WAITING).first(),
        "loosens_waits": Installation.objects.filter(pk=1, two_pairs_of_eyes=True).exists(),
    }
    status = 422 if form.is_bound or away.is_bound else 200
    return render_section(request, "limiting/change.html", frame, HERE, context, status=status)


@require_POST
@sudo_required
def decide(request: HttpRequest, public_id: str, decision: str) -> HttpResponseBase:
    """Approve or refuse what somebody asked for."""
    frame = frame_of(request)
    _require(frame.caller, "limits:write")
    get_object_or_404(_visible(ChangeRequest.objects.all(), frame.caller), public_id=public_id)
    decide_it = approvals.approve if decision == "approve" else approvals.refuse
    form = WhyForm(request.POST)
    if not form.is_valid():
        return not_done(request, _why_not(form), to=reverse(HERE))
    try:
        decided = decide_it(public_id, by=frame.caller, now=frame.now, why=form.cleaned_data["why"])
    except Refused as refused:
        return not_done(request, refused.sentence, to=reverse(HERE))
    if decided.state == ChangeState.OUTDATED:
        return not_done(request, decided.decided_why, to=reverse(HERE))
    return done(request, f"The change is {decided.get_state_display().lower()}.", to=reverse(HERE))


def _why_not(form: WhyForm) -> str:
    said = next(iter(form.errors.values()))[0]
    return f"Nothing was decided. The reason: {said}"


@require_POST
@sudo_required
def two_pairs(request: HttpRequest) -> HttpResponseBase:
    """Ask for a second pair of eyes from now on, or ask to do without."""
    frame = frame_of(request)
    _require(frame.caller, "installation:write")
    on = request.POST.get("on") == "true"
    try:
        waiting = approvals.set_two_pairs_of_eyes(on, by=frame.caller, now=frame.now)
    except Refused as refused:
        return not_done(request, refused.sentence, to=reverse(HERE))
    waits = "Another superuser has to approve it."
    said = waits if waiting else f"Two pairs of eyes are {'needed from now on' if on else 'not needed'}."
    return done(request, said, to=reverse(HERE))


@require_http_methods(["GET", "POST"])
@sudo_required
def read_file(request: HttpRequest, noun: str) -> HttpResponseBase:
    """A file of limits: chosen, shown row by row, then applied as it was shown or not at all."""
    frame = frame_of(request)
    _require(frame.caller, "limits:write")
    if noun not in files.COLUMNS:
        raise Http404
    context: dict[str, Any] = {"noun": noun, "example": files.EXAMPLES[noun], "columns": list(files.COLUMNS[noun].read)}
    status = 200
    if request.method == "POST":
        try:
            return _take_in(request, frame, noun, context)
        except Refused as refused:
            context["refusal"], status = refused.sentence, 422
    return render_section(request, "limiting/file.html", frame, HERE, context, status=status)


def _take_in(request: HttpRequest, frame: Frame, noun: str, context: dict[str, Any]) -> HttpResponseBase:
    if "seen" not in request.POST:
        data = uploaded(request, "file")
        found = files.preview(noun, data, by=frame.caller, now=frame.now)
        context |= {"preview": found, "shown": found.lines[:500], "table": data.decode("utf-8-sig")}
        return render_section(request, "limiting/file.html", frame, HERE, context)
    data = request.POST.get("table", "").encode()
    made = files.apply(noun, data, seen=request.POST["seen"], by=frame.caller, now=frame.now)
    waiting = sum(line.effect == "waiting" for line in made.lines)
    waits = f" {waiting} of them wait for somebody else's approval." if waiting else ""
    return done(request, f"{made.changes} of {len(made.lines)} rows changed something.{waits}", to=reverse(HERE))


def _quotas(frame: Frame) -> list[LimitRow]:
    rows = _visible(Quota.objects.select_related("project"), frame.caller).order_by("project__slug", "id")
    return [quota_row(quota, held, frame.caller) for quota, held in budgets.quota_status(rows)]


def _budgets(frame: Frame) -> list[LimitRow]:
    seen = None if frame.caller.everything else frame.caller.projects("limits:read")
    return [budget_row(row, frame.caller) for row in budgets.status(frame.now, projects=seen)]


def _row(caller: Caller, public_id: str) -> Any:
    try:
        noun = limits.noun_of(public_id)
    except Quota.DoesNotExist:
        raise Http404 from None
    rows = _visible(limits.MODELS[noun].objects.select_related("project"), caller)
    return get_object_or_404(rows, public_id=public_id)


def _visible(rows: Any, caller: Caller) -> Any:
    return in_scope(rows, None if caller.everything else caller.projects("limits:read"))


def _require(caller: Caller, scope: str) -> None:
    if not caller.may_somewhere(scope):
        raise PermissionDenied


def _sentence(verb: str, outcome: Outcome) -> str:
    return outcome.note if outcome.waiting else f"The limit is {verb}. {outcome.note}".strip()


def _sheet(noun: str, rows: Sequence[LimitRow]) -> Sheet:
    """A file that can be changed and read in again."""
    names = list(files.COLUMNS[noun].read)
    return Sheet(names, ([row.columns[name] for name in names] for row in rows))
