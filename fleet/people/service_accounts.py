"""Settings, Service accounts: who automation is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.domain.refusals import Refused
from fleet.forms import AsRead, StrictForm, done, not_done
from fleet.models import Role, ServiceAccount
from fleet.pages import Frame, frame_of
from fleet.people.members import ROLES
from fleet.people.picking import READ, WRITE, TypedForm, of_a_project, picked
from fleet.services import service_accounts as service
from fleet.services.clock import business_now
from fleet.settings_pages import render_section
from fleet.sudo import proved_of_late, sudo_required, to_prove


class AccountForm(StrictForm):
    name = forms.CharField(max_length=100, help_text="Small letters, digits and . _ -, such as deploy-bot.")
    description = forms.CharField(max_length=service.DESCRIPTION_LENGTH, required=False)
    role = forms.ChoiceField(choices=ROLES, help_text="Its tokens may do this and never more.")


class ChangedAccount(AsRead, AccountForm):
    """A service account as it is to be from now on."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_a_project
def accounts(request: HttpRequest) -> HttpResponseBase:
    """Those of the picked project, and a form for one more."""
    frame = frame_of(request)
    where = picked(request, frame.caller, READ)
    form, status = AccountForm(initial={"role": Role.VIEWER}), 200
    if request.method == "POST":
        if not frame.caller.may(WRITE, where.project.pk):
            raise Http404
        if not proved_of_late(request):
            return to_prove(request)
        form, status = AccountForm(request.POST), 422
        if form.is_valid():
            with form.refusals():
                made = service.create_service_account(
                    project=where.project, **form.cleaned_data, by=frame.caller, now=business_now()
                )
                return done(request, f"{made.name} can be given tokens now.", to=_place(made))
    rows = (
        ServiceAccount.objects.filter(project=where.project)
        .annotate(
            living=Count("tokens", filter=Q(tokens__revoked_at=None)),
            last_used_at=Max("tokens__last_used_at"),
        )
        .order_by("name")
    )
    context = {
        "project": where.project,
        "projects": where.choices,
        "rows": list(rows),
        "form": form if frame.caller.may(WRITE, where.project.pk) else None,
    }
    return render_section(request, "settings/service_accounts.html", frame, "service-accounts", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One service account: its tokens, its role, off and on, gone."""
    frame = frame_of(request)
    found = _found(public_id, frame, READ)
    if request.method != "POST":
        return _page(request, frame, found)
    if not frame.caller.may(WRITE, found.project_id):
        raise Http404
    if not proved_of_late(request):
        return to_prove(request)
    form = ChangedAccount(request.POST)
    if form.is_valid():
        changes = dict(form.cleaned_data)
        read = changes.pop("generation")
        with form.refusals():
            service.change_service_account(found, changes=changes, by=frame.caller, now=business_now(), generation=read)
            return done(request, f"{changes['name']} is saved.", to=_place(found))
    return _page(request, frame, found, form=form, status=422)


@require_POST
@sudo_required
def switch_on(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Its tokens work again."""
    return _switch(request, public_id, disabled=False)


@require_POST
@sudo_required
def switch_off(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """None of its tokens opens anything, at once."""
    return _switch(request, public_id, disabled=True)


@require_POST
@sudo_required
def delete(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Only one that never acted."""
    frame = frame_of(request)
    found = _found(public_id, frame, WRITE)
    form = TypedForm(request.POST, word=found.name, verb="delete")
    if form.is_valid():
        with form.refusals():
            service.delete_service_account(found, by=frame.caller, now=business_now())
            to = f"{reverse('settings-service-accounts')}?project={found.project.slug}"
            return done(request, f"{found.name} is deleted.", to=to)
    return _page(request, frame, found, deleting=form, status=422)


def _switch(request: HttpRequest, public_id: str, *, disabled: bool) -> HttpResponseBase:
    frame = frame_of(request)
    found = _found(public_id, frame, WRITE)
    try:
        service.change_service_account(found, changes={"disabled": disabled}, by=frame.caller, now=business_now())
    except Refused as refused:
        return not_done(request, refused.sentence, to=_place(found))
    undo = reverse("service-account-on" if disabled else "service-account-off", args=[public_id])
    words = "is disabled: none of its tokens opens anything." if disabled else "is enabled: its tokens work again."
    return done(request, f"{found.name} {words}", to=_place(found), undo=undo)


def _page(
    request: HttpRequest, frame: Frame, found: ServiceAccount, *, form: Any = None, deleting: Any = None,
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    may_write = frame.caller.may(WRITE, found.project_id)
    initial = {name: getattr(found, name) for name in ("name", "description", "role", "generation")}
    context = {
        "account": found,
        "tokens": list(found.tokens.order_by("-created_at")[:50]),
        "form": (form or ChangedAccount(initial=initial)) if may_write else None,
        "deleting": deleting or TypedForm(word=found.name, verb="delete"),
        "may_write": may_write,
    }
    return render_section(request, "settings/service_account.html", frame, "service-accounts", context, status=status)


def _found(public_id: str, frame: Frame, scope: str) -> ServiceAccount:
    rows = ServiceAccount.objects.filter(project__in=frame.caller.projects(scope)).select_related("project")
    found = rows.filter(public_id=public_id[:48].replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def _place(account: ServiceAccount) -> str:
    return reverse("service-account", args=[account.public_id])
