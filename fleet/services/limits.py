"""Quotas and budgets: set, changed and taken away by people who do not spend, each time with an event.

Two pairs of eyes (a switch of the installation): what would let more be held or spent becomes a change request,
which another person approves. What tightens applies at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from fleet.domain import limits
from fleet.domain.refusals import NotAllowed, Refused, check_generation, did_you_mean
from fleet.models import Allocation, Budget, ChangeRequest, CloudAccount, Offering, Project, Quota
from fleet.services import change_requests, events, incidents
from fleet.services.access import Caller
from fleet.services.budgets import over_held
from fleet.services.chips import accelerators

Limit = Quota | Budget
MODELS: dict[str, type[Quota] | type[Budget]] = {"quota": Quota, "budget": Budget}
TERMS = {
    "quota": ("max_accelerators",),
    "budget": ("cap_per_hour", "cap_per_month", "currency", "action", "warn_ratio"),
}
"""What may be changed of one. What it covers (project, cloud, …) is who it is: another scope is another limit."""
SCOPES = {"quota": ("project", "cloud", "accelerator"), "budget": ("project", "cloud", "endpoint_ref")}
DEFAULTS: dict[str, dict[str, Any]] = {
    "quota": {},
    "budget": {
        "cap_per_hour": None,
        "cap_per_month": None,
        "currency": "USD",
        "action": limits.BLOCK,
        "warn_ratio": Decimal("0.8"),
    },
}


@dataclass(frozen=True)
class Outcome:
    """What came of it: the limit as it stands now (None: gone), or the request that now waits. `note` is for people."""

    limit: Limit | None = None
    waiting: ChangeRequest | None = None
    note: str = ""


def create_quota(*, project: Project | None, by: Caller, now: datetime, **terms: Any) -> Quota:
    """A quota on what a project, or the whole installation, may hold. `terms`: cloud, accelerator, max_accelerators.

    Raises Refused with the field and what to do.
    """
    return _create("quota", project, terms, by, now)  # type: ignore[return-value]


def create_budget(*, project: Project | None, by: Caller, now: datetime, **terms: Any) -> Budget:
    """A cap on what a project, or the whole installation, may spend. `terms`: cloud, endpoint_ref and those of TERMS.

    Raises Refused with the field and what to do.
    """
    return _create("budget", project, terms, by, now)  # type: ignore[return-value]


def change_limit(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    by: Caller,
    now: datetime,
    generation: int | None = None,
    why: str = "",
) -> Outcome:
    """Change what a quota or budget says. Raises DoesNotExist, or Refused; `generation` says which one was read."""
    noun = noun_of(public_id)
    if unknown := sorted(set(changes) - set(TERMS[noun])):
        sentence = f"{unknown[0]} cannot be changed: it says what the {noun} covers. Make a new one and delete this."
        raise Refused("not-changeable", sentence, field=unknown[0])
    with transaction.atomic():
        row = _locked(noun, public_id, by, generation)
        before = terms_of(row)
        after = before | dict(changes)
        _check(noun, after, currency_is_new=after.get("currency") != before.get("currency"))
        if after == before:
            return Outcome(row)
        if change_requests.needed(limits.loosens(before, after)):
            waiting = change_requests.ask(
                project=row.project, noun=noun, verb="change", subject=public_id, generation=row.generation,
                before=before, after=after, why=why, by=by, now=now,
            )  # fmt: skip
            return Outcome(row, waiting, "Somebody else has to approve it; until then the old one holds.")
        return _apply_change(row, before, after, by=by, now=now)


def delete_limit(public_id: str, *, by: Caller, now: datetime, generation: int | None = None, why: str = "") -> Outcome:
    """Take a quota or budget away. Raises DoesNotExist, or Refused."""
    noun = noun_of(public_id)
    with transaction.atomic():
        row = _locked(noun, public_id, by, generation)
        before = terms_of(row)
        if change_requests.needed(limits.loosens(before, None)):
            waiting = change_requests.ask(
                project=row.project, noun=noun, verb="delete", subject=public_id, generation=row.generation,
                before=before, after=None, why=why, by=by, now=now,
            )  # fmt: skip
            return Outcome(row, waiting, "Somebody else has to approve it; until then it holds.")
        _apply_delete(row, by=by, now=now)
    return Outcome()


def set_limit(noun: str, *, project: Project | None, by: Caller, now: datetime, why: str = "", **terms: Any) -> Outcome:
    """Create the limit of that scope, or change the one there is: what a file of limits says of each line."""
    found = find(noun, project=project, terms=terms)
    if found is None:
        made = _create(noun, project, terms, by, now)
        return Outcome(made, note=over_held(made, now=now))
    changes = {name: value for name, value in terms.items() if name in TERMS[noun]}
    return change_limit(found.public_id, changes=changes, by=by, now=now, why=why)


def find(noun: str, *, project: Project | None, terms: Mapping[str, Any]) -> Limit | None:
    """The limit that covers exactly this, if there is one. Raises Refused for words that mean nothing here."""
    scope = _known_scope(noun, project, {name: terms.get(name, "") for name in SCOPES[noun][1:]})
    return MODELS[noun].objects.select_related("project").filter(project=project, **scope).first()


def carry_out(request: ChangeRequest, *, by: Caller, now: datetime) -> bool:
    """Do what was asked for, if its row is as it was then. Call inside the approving transaction."""
    row = MODELS[request.noun].objects.select_for_update(no_key=True, of=("self",)).select_related("project").filter(
        public_id=request.subject, generation=request.generation
    ).first()  # fmt: skip
    if row is None:
        return False
    if request.after is None:
        _apply_delete(row, by=by, now=now, request=request)
    else:
        _apply_change(row, terms_of(row), _from_json(request.after), by=by, now=now, request=request)
    return True


def noun_of(public_id: str) -> str:
    """`quota` or `budget`, by the id's prefix. Raises DoesNotExist for any other."""
    noun = {"quota": "quota", "bud": "budget"}.get(public_id.partition("_")[0])
    if noun is None:
        raise Quota.DoesNotExist
    return noun


def terms_of(row: Limit) -> dict[str, Any]:
    """What it says, without what it covers."""
    return {name: getattr(row, name) for name in TERMS[_noun(row)]}


def described(row: Limit) -> dict[str, Any]:
    """The whole of it, for events and previews."""
    scope = {"project": row.project.slug if row.project else None}
    return scope | {name: getattr(row, name) for name in SCOPES[_noun(row)][1:]} | terms_of(row)


def may_set(by: Caller, project_id: int | None) -> bool:
    """Whether they may set limits there: of the whole installation only who may change the installation."""
    return by.may("limits:write", project_id) if project_id is not None else by.may("installation:write", None)


def _create(noun: str, project: Project | None, terms: Mapping[str, Any], by: Caller, now: datetime) -> Limit:
    _require(by, project)
    if unknown := sorted(set(terms) - set(TERMS[noun]) - set(SCOPES[noun][1:])):
        known = did_you_mean(unknown[0], [*TERMS[noun], *SCOPES[noun][1:]])
        raise Refused("unknown-field", f"A {noun} has no {unknown[0][:40]!r}.{known}", field=unknown[0])
    scope = _known_scope(noun, project, {name: terms.get(name, "") for name in SCOPES[noun][1:]})
    said = DEFAULTS[noun] | {name: value for name, value in terms.items() if name in TERMS[noun]}
    _check(noun, said, currency_is_new=True)
    try:
        with transaction.atomic():
            row = MODELS[noun].objects.create(project=project, **scope, **said)
            _say(f"{noun}.created", row, by, now, before=None, after=described(row))
    except IntegrityError as error:
        if "_per_scope" not in str(error):
            raise
        sentence = f"There is a {noun} for exactly this already; change that one."
        raise Refused("limit-taken", sentence, field=SCOPES[noun][-1]) from error
    return row


def _apply_change(
    row: Limit, before: dict[str, Any], after: dict[str, Any], *, by: Caller, now: datetime,
    request: ChangeRequest | None = None,
) -> Outcome:  # fmt: skip
    type(row).objects.filter(pk=row.pk).update(**after, generation=F("generation") + 1)
    change_requests.outdate(row.public_id, by=by, now=now, unless=request)
    row.refresh_from_db()
    _say(f"{_noun(row)}.changed", row, by, now, before=before, after=terms_of(row), request=request)
    return Outcome(row, note=over_held(row, now=now))


def _apply_delete(row: Limit, *, by: Caller, now: datetime, request: ChangeRequest | None = None) -> None:
    change_requests.outdate(row.public_id, by=by, now=now, unless=request)
    _say(f"{_noun(row)}.deleted", row, by, now, before=described(row), after=None, request=request)
    if isinstance(row, Budget):
        incidents.close_incident(kind="budget", subject=f"budget:{row.pk}", now=now)
    row.delete()


def _locked(noun: str, public_id: str, by: Caller, generation: int | None) -> Limit:
    rows = MODELS[noun].objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    row = rows.get(public_id=public_id)
    _require(by, row.project)
    check_generation(row.generation, generation)
    return row


def _require(by: Caller, project: Project | None) -> None:
    if may_set(by, project.pk if project else None):
        return
    where = f"in {project.slug}" if project else "for the whole installation"
    needs = "the role billing or admin there" if project else "a superuser"
    raise NotAllowed(f"You may not set limits {where}; it takes {needs}.", field="project")


def _check(noun: str, terms: Mapping[str, Any], *, currency_is_new: bool) -> None:
    if noun == "quota":
        return limits.check_quota(terms)
    limits.check_budget(terms)
    if currency_is_new:
        limits.check_currency(
            terms["currency"], {"USD", *Offering.objects.values_list("currency", flat=True).distinct()}
        )
    return None


def _known_scope(noun: str, project: Project | None, scope: Mapping[str, str]) -> dict[str, str]:
    """The scope in words that mean something here, chips by their canonical names."""
    known = dict(scope)
    if known["cloud"]:
        clouds = set(CloudAccount.objects.values_list("cloud", flat=True))
        if known["cloud"] not in clouds:
            hint = did_you_mean(known["cloud"], clouds) or " There is no cloud account yet."
            raise Refused(
                "unknown-cloud", f"No account is of a cloud called {known['cloud'][:40]!r}.{hint}", field="cloud"
            )
    if noun == "quota" and known["accelerator"]:
        known["accelerator"] = accelerators().require(known["accelerator"]).name
    if noun == "budget" and known["endpoint_ref"]:
        mine = Q() if project is None else Q(project=project)
        if not Allocation.objects.filter(mine, endpoint_ref=known["endpoint_ref"]).exists():
            where = f" in {project.slug}" if project else ""
            raise Refused("unknown-endpoint", f"There is no endpoint of that id{where}.", field="endpoint")
    return known


def _from_json(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as a change request keeps them: amounts are texts there."""
    money = {"cap_per_hour", "cap_per_month", "warn_ratio"}
    return {name: Decimal(value) if name in money and value is not None else value for name, value in terms.items()}


def _noun(row: Limit) -> str:
    return "quota" if isinstance(row, Quota) else "budget"


def _say(
    topic: str, row: Limit, by: Caller, now: datetime, *, before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None, request: ChangeRequest | None = None,
) -> None:  # fmt: skip
    data: dict[str, Any] = {"limit": str(row), "before": events.plain(before), "after": events.plain(after)}
    if request is not None:
        data |= {"change_request": request.public_id, "asked_by": request.asked_by}
    events.record(topic, subject=row.public_id, project=row.project, actor=by.name, now=now, data=data)
