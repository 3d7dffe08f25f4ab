"""Slots: one machine each, from being wanted until its cloud says it is gone. And the launches tried for them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import check_match, version_of
from fleet.api.fields import Flag, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import says
from fleet.domain.lifecycle import ENDED_SLOT_STATES, AttemptState, SlotState
from fleet.models import LaunchAttempt, Slot
from fleet.services import giving_up

SLOT_STATES = [(state.value, state.name) for state in SlotState]
ATTEMPT_STATES = [(state.value, state.name) for state in AttemptState]


class SlotQuery(PageQuery):
    state = serializers.ChoiceField(SLOT_STATES, required=False)
    open = Flag(required=False, help_text="true: only those that are not gone or lost")
    allocation = Word(required=False, help_text="Public id")
    project = Word(required=False, help_text="Slug")
    zone = Word(required=False)
    accelerator = Word(required=False)
    ordering = Ordering("state", "since", "created_at", "price_per_hour", "ordinal")
    fields = Fields(lambda: SlotOut)  # type: ignore[assignment]  # a name of the base class, unused here


class SlotOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    allocation = serializers.CharField()
    project = serializers.CharField()
    ordinal = serializers.IntegerField()
    state = serializers.ChoiceField(SLOT_STATES)
    desired = serializers.CharField(help_text="present or absent")
    reason = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    account = serializers.CharField(allow_null=True, help_text="Empty until it is planned")
    region = serializers.CharField(allow_blank=True)
    zone = serializers.CharField(allow_blank=True)
    instance_type = serializers.CharField(allow_blank=True)
    capacity_type = serializers.CharField(allow_blank=True)
    accelerator = serializers.CharField(allow_blank=True)
    accelerator_count = serializers.IntegerField()
    price_per_hour = serializers.CharField(allow_null=True)
    drain_until = serializers.DateTimeField(allow_null=True)
    cordoned_at = serializers.DateTimeField(allow_null=True, help_text="Since then it takes no new work")
    drained = serializers.BooleanField(help_text="No work is left on it")
    terminate_attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    instance = serializers.CharField(allow_null=True, help_text="Public id of its machine")


class AttemptQuery(PageQuery):
    state = serializers.ChoiceField(ATTEMPT_STATES, required=False)
    allocation = Word(required=False, help_text="Public id")
    slot = Word(required=False, help_text="Public id")
    zone = Word(required=False)
    error_class = Word(required=False)
    ordering = Ordering("created_at", "state", "resolved_at")
    fields = Fields(lambda: LaunchAttemptOut)  # type: ignore[assignment]  # a name of the base class, unused here


class LaunchAttemptOut(serializers.Serializer[Any]):
    """One launch as it was sent, without the machine's settings: those may hold what is nobody else's business."""

    id = serializers.CharField()
    slot = serializers.CharField()
    allocation = serializers.CharField()
    project = serializers.CharField()
    n = serializers.IntegerField(help_text="Of this slot")
    state = serializers.ChoiceField(ATTEMPT_STATES)
    account = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    capacity_type = serializers.CharField()
    provider_id = serializers.CharField(allow_blank=True)
    error_class = serializers.CharField(allow_blank=True)
    error_code = serializers.CharField(allow_blank=True)
    calls = serializers.IntegerField(help_text="How often it was sent: always the identical request")
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


SLOT_COLUMNS = column_names(SlotOut, without={"id", "allocation", "project", "account", "instance"})
ATTEMPT_COLUMNS = column_names(LaunchAttemptOut, without={"id", "slot", "allocation", "project", "account"})


def rows(slots: QuerySet[Slot]) -> QuerySet[Slot, dict[str, Any]]:
    return slots.values(
        "public_id",
        *SLOT_COLUMNS,
        of_allocation=F("allocation__public_id"),
        of_project=F("allocation__project__slug"),
        of_account=F("account__name"),
        of_instance=F("instance__public_id"),
    )


def attempt_rows(attempts: QuerySet[LaunchAttempt]) -> QuerySet[LaunchAttempt, dict[str, Any]]:
    return attempts.values(
        "public_id",
        *ATTEMPT_COLUMNS,
        of_slot=F("slot__public_id"),
        of_allocation=F("slot__allocation__public_id"),
        of_project=F("slot__allocation__project__slug"),
        of_account=F("account__name"),
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("of_") if name != "public_id" else "id": value for name, value in row.items()}


class Slots(ApiView):
    resource = "fleet"

    @says(paged(SlotOut), query=SlotQuery, summary="List slots, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(SlotQuery)
        found = self.visible(Slot.objects.all(), project="allocation__project_id")
        if "open" in query:
            found = found.exclude(state__in=ENDED_SLOT_STATES) if query["open"] else found.filter(
                state__in=ENDED_SLOT_STATES
            )  # fmt: skip
        found = narrowed(
            found, query, state="state", allocation="allocation__public_id", project="allocation__project__slug",
            zone="zone", accelerator="accelerator",
        )  # fmt: skip
        return Response(page(request._request, rows(found), query, key="public_id", row=as_json))


class OneSlot(ApiView):
    resource = "fleet"

    @says(SlotOut, path_id="slot", summary="One slot")
    def get(self, request: Request, public_id: str) -> Response:
        slot = self._slot(public_id)
        return self.shown(_shown(slot), _version(slot))

    @says(
        SlotOut,
        status=202,
        path_id="slot",
        refuses=(409, 422),
        summary="Give this machine up and want one fewer: its work leaves, then it is ended",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        slot = self._slot(public_id)
        check_match(request, f'"{_version(slot)}"')
        released = giving_up.release_one(public_id, **self.said())
        return self.shown(_shown(released), _version(released), status=202)

    def _slot(self, public_id: str) -> Slot:
        return self.through(Slot.objects.select_related("allocation"), public_id, "allocation__project_id")


class LaunchAttempts(ApiView):
    resource = "fleet"

    @says(paged(LaunchAttemptOut), query=AttemptQuery, summary="List launches that were tried, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(AttemptQuery)
        found = self.visible(LaunchAttempt.objects.all(), project="slot__allocation__project_id")
        found = narrowed(
            found, query, state="state", allocation="slot__allocation__public_id", slot="slot__public_id", zone="zone",
            error_class="error_class",
        )  # fmt: skip
        return Response(page(request._request, attempt_rows(found), query, key="public_id", row=as_json))


class OneLaunchAttempt(ApiView):
    resource = "fleet"

    @says(LaunchAttemptOut, path_id="att", summary="One launch that was tried")
    def get(self, request: Request, public_id: str) -> Response:
        attempt = self.through(
            LaunchAttempt.objects.select_related("slot__allocation"), public_id, "slot__allocation__project_id"
        )
        body = as_json(attempt_rows(LaunchAttempt.objects.filter(pk=attempt.pk)).get())
        return self.shown(body, version_of(attempt.state))


def _shown(slot: Slot) -> dict[str, Any]:
    return as_json(rows(Slot.objects.filter(pk=slot.pk)).get())


def _version(slot: Slot) -> str:
    """Slots keep no generation: what a person may change of one is whether it is wanted and takes work."""
    return version_of(slot.desired, slot.cordoned_at)
