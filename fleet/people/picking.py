"""Which project a section of Settings is about, and a word that has to be typed before something is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from fleet.forms import StrictForm
from fleet.models import Project
from fleet.services.access import Caller, caller_of_user

WRITE = "access:write"
READ = "access:read"


@dataclass(frozen=True)
class Picked:
    """The project chosen, and all there are to choose from."""

    project: Project
    choices: list[Project]


def picked(request: HttpRequest, caller: Caller, scope: str = READ) -> Picked:
    """The project of `?project=slug`, else the first one. Raises Http404 without any."""
    choices = list(Project.objects.filter(pk__in=caller.projects(scope)).order_by("slug"))
    slug = request.GET.get("project", "")
    chosen = next((project for project in choices if not slug or project.slug == slug), None)
    if chosen is None:
        raise Http404
    return Picked(chosen, choices)


def of_a_project(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A section about a project: while there is none, whoever may make the first is led to where that is done."""

    @wraps(view)
    def led(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            if Project.objects.exists() or not caller_of_user(request.user).may_somewhere("installation:write"):
                raise
            return HttpResponseRedirect(reverse("settings-projects"))

    return led


def project_of(public_id: str, caller: Caller, scope: str = WRITE) -> Project:
    """A project in which the caller may do this. Raises Http404."""
    found = Project.objects.filter(public_id=public_id[:48], pk__in=caller.projects(scope)).first()
    if found is None:
        raise Http404
    return found


class TypedForm(StrictForm):
    """Asks for a word, so that nothing goes by a slip."""

    typed = forms.CharField(max_length=200, label="Name", error_messages={"required": "Type the name to be sure."})

    def __init__(self, *args: Any, word: str, verb: str) -> None:
        super().__init__(*args)
        self.word = word
        self.fields["typed"].label = f"Type {word} to {verb} it"
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.word:
            raise forms.ValidationError(f"That is not {self.word}. Nothing was changed.")
        return typed
