"""Keeping a view of the fleet table: three forms that post, and the tabs they make."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from fleet import fleet_table
from fleet.forms import StrictForm, done, not_done
from fleet.models import SavedView
from fleet.services import saved_views
from fleet.services.clock import business_now

PAGE = "fleet"


class NameForm(StrictForm):
    name = forms.CharField(
        max_length=60,
        error_messages={"required": "Give the view a name.", "max_length": "A name has at most 60 characters."},
    )


class SaveForm(NameForm):
    query = forms.CharField(max_length=1000, required=False)


class RenameForm(NameForm):
    view = forms.CharField(max_length=48)


class DeleteForm(StrictForm):
    view = forms.CharField(max_length=48)


def tabs(request: HttpRequest) -> dict[str, Any]:
    """This person's views, which of them is open, and the address that would be saved."""
    here = fleet_table.kept_query(request.GET)
    rows = SavedView.objects.filter(user=_person(request), page=PAGE).order_by("name")
    saved = [
        {"public_id": row.public_id, "name": row.name, "href": _address(row.query), "open": row.query == here}
        for row in rows
    ]
    return {"saved": saved, "saved_open": next((view for view in saved if view["open"]), None), "kept": here}


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the address showed."""
    form = SaveForm(request.POST)
    query = ""
    if form.is_valid():
        query = fleet_table.kept_query(QueryDict(form.cleaned_data["query"]))
        with form.refusals():
            saved_views.save(
                user=_person(request), page=PAGE, name=form.cleaned_data["name"], query=query, now=business_now()
            )
    return _answer(request, form, f"View “{form.data.get('name', '')}” saved.", _address(query))


@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    form = RenameForm(request.POST)
    to = reverse(PAGE)
    if form.is_valid():
        view = _own(request, form.cleaned_data["view"])
        to = _address(view.query)
        with form.refusals():
            saved_views.rename(view, name=form.cleaned_data["name"], now=business_now())
    return _answer(request, form, f"The view is now “{form.data.get('name', '')}”.", to)


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    form = DeleteForm(request.POST)
    name = ""
    if form.is_valid():
        view = _own(request, form.cleaned_data["view"])
        name = view.name
        saved_views.delete(view, now=business_now())
    return _answer(request, form, f"View “{name}” deleted.", reverse(PAGE))


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # a stranger was sent to the login
    return request.user


def _own(request: HttpRequest, public_id: str) -> SavedView:
    return get_object_or_404(SavedView.objects.select_related("user"), public_id=public_id, user=_person(request))


def _answer(request: HttpRequest, form: StrictForm, sentence: str, to: str) -> HttpResponse:
    """Back to the table: with what was done, or with the first thing that kept it from being done."""
    if form.errors:
        return not_done(request, str(next(iter(form.errors.values()))[0]), to=to)
    return done(request, sentence, to=to)


def _address(query: str) -> str:
    return f"{reverse(PAGE)}?{query}" if query else reverse(PAGE)
