"""Views that people keep of a table: the only writer of them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from fleet.domain.refusals import Refused
from fleet.models import SavedView
from fleet.services import events

MOST = 30


def save(*, user: User, page: str, name: str, query: str, now: datetime) -> SavedView:
    """Keep what this address shows under a name. Raises Refused for a name that is taken, or one too many."""
    with transaction.atomic():
        _lock(user)
        kept = SavedView.objects.filter(user=user, page=page)
        _free(kept.filter(name__iexact=name).exists(), name)
        if kept.count() >= MOST:
            raise Refused("too-many-views", f"You keep {MOST} views already. Delete one first.", field="name")
        view = SavedView.objects.create(user=user, page=page, name=name, query=query)
        _record("saved-view.created", view, now, after={"name": name, "query": query})
    return view


def rename(view: SavedView, *, name: str, now: datetime) -> None:
    """Raises Refused for a name that is taken."""
    with transaction.atomic():
        _lock(view.user)
        others = SavedView.objects.filter(user=view.user, page=view.page).exclude(pk=view.pk)
        _free(others.filter(name__iexact=name).exists(), name)
        before = view.name
        view.name = name
        view.save(update_fields=["name"])
        _record("saved-view.renamed", view, now, before={"name": before}, after={"name": name})


def delete(view: SavedView, *, now: datetime) -> None:
    with transaction.atomic():
        _record("saved-view.deleted", view, now, before={"name": view.name, "query": view.query})
        view.delete()


def _lock(user: User) -> None:
    """One person's views change one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _free(taken: bool, name: str) -> None:
    if taken:
        raise Refused("view-exists", f"You keep a view called “{name}” already. Choose another name.", field="name")


def _record(topic: str, view: SavedView, now: datetime, **data: object) -> None:
    events.record(topic, subject=view.public_id, actor=view.user.get_username(), now=now, data=data)
