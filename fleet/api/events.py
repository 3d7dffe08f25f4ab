"""The feed: everything that became true, by a cursor that misses nothing."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView, etag
from fleet.api.fields import Strict, Whole
from fleet.api.schema import IF_NONE_MATCH, says
from fleet.api.shapes import shape
from fleet.models import Event, Project
from fleet.services import events, waiting

CURSOR = shape(
    r"^([0-9]{1,18}-[0-9]{1,18}|now)$",
    "Write the cursor of an earlier answer, such as 812-4471, or now.",
)


class EventQuery(Strict):
    timeless = True

    after = serializers.RegexField(CURSOR, required=False, help_text="`cursor` of the last answer, or `now`")
    limit = Whole(min_value=1, max_value=500, default=100)
    wait = Whole(
        min_value=0, max_value=waiting.LONGEST_S, default=0, help_text="Seconds to wait for the first event, if none is"
    )


class EventOut(serializers.Serializer[Any]):
    cursor = serializers.CharField()
    topic = serializers.CharField()
    subject = serializers.CharField(help_text="Public id of what it is about")
    project = serializers.CharField(allow_null=True)
    actor = serializers.CharField()
    occurred_at = serializers.DateTimeField(help_text="Business time")
    recorded_at = serializers.DateTimeField(help_text="Real time")
    request_id = serializers.CharField(allow_blank=True)
    data = serializers.DictField()  # type: ignore[assignment]  # a name of the base class, unused here


class EventsOut(serializers.Serializer[Any]):
    items = EventOut(many=True)
    cursor = serializers.CharField(help_text="Ask again with after= this")
    more = serializers.BooleanField(help_text="There are further ones already")


class Events(ApiView):
    resource = "fleet"

    @says(
        EventsOut,
        query=EventQuery,
        also={304: None},
        parameters=(IF_NONE_MATCH,),
        summary="Events after a cursor, oldest first",
    )
    def get(self, request: Request) -> Response:
        """With `wait` the answer comes as soon as there is an event, or empty when the seconds are over."""
        query = self.query(EventQuery)
        after = _position(query.get("after", "0-0"))
        projects = self.readable_projects()
        found, waited = waiting.until(
            lambda: events.after(after, limit=query["limit"] + 1, projects=projects) or None,
            projects=projects,
            seconds=query["wait"],
            after=after,
        )
        found = found or []
        if waited:
            self.look_again_who_asks()
            found = [event for event in found if self._reads(event)]
        shown, more = found[: query["limit"]], len(found) > query["limit"]
        cursor = _cursor(shown[-1]) if shown else f"{after[0]}-{after[1]}"
        tag = etag(cursor, query["limit"], after)
        if (unchanged := self.not_modified(tag)) is not None:
            return unchanged
        slugs = dict(Project.objects.filter(pk__in={e.project_id for e in shown}).values_list("id", "slug"))
        items = [_as_json(event, slugs) | self._data_of(event) for event in shown]
        return Response({"items": items, "cursor": cursor, "more": more}, headers={"ETag": tag})

    def _reads(self, event: Event) -> bool:
        projects = self.readable_projects()
        return projects is None or event.project_id in projects

    def _data_of(self, event: Event) -> dict[str, Any]:
        """Who may do what, and from where, is told in full to those who may read access or the audit."""
        return {} if self.caller.reads_whole(event.topic, event.project_id) else {"data": {}}


def _position(text: str) -> tuple[int, int]:
    if text == "now":
        return events.latest_cursor()
    tx, row_id = re.split("-", text)
    return int(tx), int(row_id)


def _cursor(event: Event) -> str:
    return f"{event.tx}-{event.pk}"


def _as_json(event: Event, slugs: dict[int, str]) -> dict[str, Any]:
    return {
        "cursor": _cursor(event),
        "topic": event.topic,
        "subject": event.subject,
        "project": slugs.get(event.project_id or 0),
        "actor": event.actor,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "request_id": event.request_id,
        "data": event.data,
    }
