"""Settings, Projects: made, renamed and deleted by superusers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.forms import StrictForm, done
from fleet.models import Project
from fleet.pages import Frame, frame_of
from fleet.people.picking import TypedForm
from fleet.services import projects as service
from fleet.services.clock import business_now
from fleet.settings_pages import render_section
from fleet.sudo import proved_of_late, sudo_required, to_prove


class ProjectForm(StrictForm):
    name = forms.CharField(max_length=service.NAME_LENGTH)
    slug = forms.CharField(max_length=63, help_text="How commands and the API name it: small letters, digits, hyphens.")


class ChangedProject(ProjectForm):
    """`read`: slug and name as they were on the screen."""

    undrawn = ("read",)
    read = forms.CharField(
        max_length=63 + 1 + service.NAME_LENGTH,
        widget=forms.HiddenInput,
        error_messages={"required": "Load the page again.", "max_length": "Load the page again."},
    )

    def was_read(self) -> dict[str, str]:
        slug, _, name = self.cleaned_data["read"].partition(" ")
        return {"slug": slug, "name": name}

    def changes(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("slug", "name")}


@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: HttpRequest) -> HttpResponseBase:
    """Every project, and a form for one more."""
    frame = _superusers(request)
    form, status = ProjectForm(), 200
    if request.method == "POST":
        if not proved_of_late(request):
            return to_prove(request)
        form, status = ProjectForm(request.POST), 422
        if form.is_valid():
            with form.refusals():
                made = service.create_project(**form.cleaned_data, by=frame.caller, now=business_now())
                to = f"{reverse('settings-members')}?project={made.slug}"
                return done(request, f"{made.name} is made. Add its first member.", to=to)
    rows = Project.objects.annotate(
        people=Count("memberships", distinct=True), robots=Count("service_accounts", distinct=True)
    ).order_by("slug")
    return render_section(
        request, "settings/projects.html", frame, "projects", {"rows": list(rows), "form": form}, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def project(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One project's names; delete it while it is empty."""
    frame = _superusers(request)
    found = _found(public_id)
    if request.method != "POST":
        return _page(request, frame, found)
    if not proved_of_late(request):
        return to_prove(request)
    form = ChangedProject(request.POST)
    if form.is_valid():
        with form.refusals():
            service.change_project(
                found, changes=form.changes(), by=frame.caller, now=business_now(), read=form.was_read()
            )
            return done(request, f"{form.cleaned_data['name']} is saved.", to=reverse("settings-projects"))
    return _page(request, frame, found, form=form, status=422)


@require_POST
@sudo_required
def delete(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Only an empty one."""
    frame = _superusers(request)
    found = _found(public_id)
    form = TypedForm(request.POST, word=found.slug, verb="delete")
    if form.is_valid():
        with form.refusals():
            service.delete_project(found, by=frame.caller, now=business_now())
            return done(request, f"{found.name} is deleted.", to=reverse("settings-projects"))
    return _page(request, frame, found, deleting=form, status=422)


def _superusers(request: HttpRequest) -> Frame:
    frame = frame_of(request)
    if not frame.caller.may("installation:write", None):
        raise Http404
    return frame


def _found(public_id: str) -> Project:
    found = Project.objects.filter(public_id=public_id[:48].replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, frame: Frame, found: Project, *, form: Any = None, deleting: Any = None, status: int = 200
) -> HttpResponseBase:
    start = {"name": found.name, "slug": found.slug, "read": f"{found.slug} {found.name}"}
    context = {
        "project": found,
        "form": form or ChangedProject(initial=start),
        "holds": service.what_it_holds(found),
        "deleting": deleting or TypedForm(word=found.slug, verb="delete"),
    }
    return render_section(request, "settings/project.html", frame, "projects", context, status=status)
