"""Settings, Members: who may act in a project, and as what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.domain.refusals import Refused
from fleet.forms import AsRead, StrictForm, done, not_done
from fleet.models import Membership, Project, Role
from fleet.pages import Frame, frame_of
from fleet.people.picking import READ, WRITE, of_a_project, picked, project_of
from fleet.services import members as service
from fleet.services.access import Caller
from fleet.services.clock import business_now
from fleet.settings_pages import render_section
from fleet.sudo import proved_of_late, sudo_required, to_prove

WHAT_ROLES_DO = {
    "viewer": "reads fleet, endpoints, costs and limits",
    "operator": "also allocates and serves",
    "billing": "sets quotas and budgets, never spends",
    "admin": "everything in the project",
}
ROLES = [(value, f"{label}: {WHAT_ROLES_DO[value]}") for value, label in Role.choices]


class MemberForm(StrictForm):
    user = forms.CharField(max_length=150, label="User name", help_text="Somebody who can log in already.")
    role = forms.ChoiceField(choices=ROLES)


class RoleForm(AsRead):
    role = forms.ChoiceField(choices=Role.choices)


@require_http_methods(["GET", "HEAD", "POST"])
@of_a_project
def members(request: HttpRequest) -> HttpResponseBase:
    """The members of the picked project, and a form for one more."""
    frame = frame_of(request)
    where = picked(request, frame.caller, READ)
    if request.method != "POST":
        return _page(request, frame, where.project)
    if not frame.caller.may(WRITE, where.project.pk):
        raise Http404
    if not proved_of_late(request):
        return to_prove(request)
    form = MemberForm(request.POST)
    if form.is_valid():
        with form.refusals():
            name, role = form.cleaned_data["user"], form.cleaned_data["role"]
            made = service.add_member(
                project=where.project, username=name, role=role, by=frame.caller, now=business_now()
            )
            undo = reverse("member-remove", args=[where.project.public_id, made.user_id])
            return done(request, f"{name} is {role} of {where.project.slug} now.", to=_list(where.project), undo=undo)
    return _page(request, frame, where.project, form=form, status=422)


@require_POST
@sudo_required
def change(request: HttpRequest, public_id: str, user_id: int) -> HttpResponseBase:
    """Give a member another role."""
    caller = frame_of(request).caller
    project = project_of(public_id, caller)
    form = RoleForm(request.POST)
    if not form.is_valid():
        wrong = "Choose one of the four roles." if "role" in form.errors else str(form.non_field_errors()[0])
        return _not_done(request, project, wrong)
    role, read = form.cleaned_data["role"], form.cleaned_data["generation"]
    return _give(request, project, user_id, role, caller, read=read)


@require_POST
@sudo_required
def put_back(request: HttpRequest, public_id: str, user_id: int, role: str) -> HttpResponseBase:
    """Undo: the role somebody had, also for one who was removed."""
    caller = frame_of(request).caller
    return _give(request, project_of(public_id, caller), user_id, role, caller)


@require_POST
@sudo_required
def remove(request: HttpRequest, public_id: str, user_id: int) -> HttpResponseBase:
    """Take a member out; their own tokens of the project open nothing from then on."""
    caller = frame_of(request).caller
    project = project_of(public_id, caller)
    row = get_object_or_404(Membership.objects.select_related("user"), project=project, user_id=user_id)
    name, role = row.user.get_username(), row.role
    try:
        service.remove_member(row, by=caller, now=business_now())
    except Refused as refused:
        return _not_done(request, project, refused.sentence)
    undo = reverse("member-role", args=[public_id, user_id, role])
    return done(request, f"{name} may do nothing in {project.slug} any more.", to=_list(project), undo=undo)


def _give(
    request: HttpRequest, project: Project, user_id: int, role: str, caller: Caller, *, read: int | None = None
) -> HttpResponseBase:
    """`read`: the version that was on the page. None: whatever it is by now, also to who is no member any more."""
    user = get_object_or_404(User, pk=user_id)
    row = Membership.objects.filter(project=project, user=user).first()
    if row is None and read is not None:
        raise Http404
    undo = ""
    try:
        if row is None:
            service.add_member(project=project, username=user.get_username(), role=role, by=caller, now=business_now())
        else:
            before = row.role
            service.change_role(row, role=role, by=caller, now=business_now(), generation=read)
            undo = reverse("member-role", args=[project.public_id, user_id, before])
    except Refused as refused:
        return _not_done(request, project, refused.sentence)
    return done(request, f"{user.get_username()} is {role} of {project.slug} now.", to=_list(project), undo=undo)


def _page(
    request: HttpRequest, frame: Frame, project: Project, *, form: MemberForm | None = None, status: int = 200
) -> HttpResponseBase:
    where = picked(request, frame.caller, READ)
    rows = Membership.objects.filter(project=project).select_related("user").order_by("user__username")
    may_write = frame.caller.may(WRITE, project.pk)
    context: dict[str, Any] = {
        "project": project,
        "projects": where.choices,
        "rows": list(rows),
        "roles": Role.choices,
        "what_roles_do": [(label, WHAT_ROLES_DO[value]) for value, label in Role.choices],
        "form": (form or MemberForm(initial={"role": Role.VIEWER})) if may_write else None,
        "may_write": may_write,
    }
    return render_section(request, "settings/members.html", frame, "members", context, status=status)


def _list(project: Project) -> str:
    return f"{reverse('settings-members')}?project={project.slug}"


def _not_done(request: HttpRequest, project: Project, sentence: str) -> HttpResponseBase:
    return not_done(request, sentence, to=_list(project))
