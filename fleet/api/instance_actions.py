"""What may be done to one machine by hand: cordon it, take that back, drain it, end it. Always through its slot."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api import bulk
from fleet.api.base import ApiView
from fleet.api.bulk import MOST_ITEMS, BulkResultOut
from fleet.api.fields import Flag, NoBody, Strict
from fleet.api.instances import InstanceOut, shown
from fleet.api.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.domain.refusals import Refused
from fleet.models import Instance
from fleet.services import cordoning, giving_up
from fleet.services.idempotency import Answer

INSTANCE_ID = shape(
    r"^inst_[0-9a-f]{32}$",
    "Write the machine's id: inst_ and 32 digits of 0-9 and a-f.",
)
MACHINE_ACTIONS = [(word, word) for word in ("cordon", "uncordon", "drain", "terminate")]
SHORTEST, LONGEST = 8, 300  # characters of a reason


class DrainIn(Strict):
    replace = Flag(default=False, help_text="true: another machine is bought, so that as many are held as before")


class TerminateIn(Strict):
    reason = serializers.CharField(min_length=SHORTEST, max_length=LONGEST, help_text="Why; kept in the event")
    replace = Flag(default=False, help_text="true: another machine is bought, so that as many are held as before")


class InstanceAction(ApiView):
    """What every action on a machine does: find it, find its slot, act, show the machine."""

    resource = "fleet"

    def slot_of(self, public_id: str, *, spends: bool = False) -> tuple[Instance, str]:
        """The machine and its slot's id. Refused for an orphan: the sweeper alone ends those.

        `spends`: another machine is to be bought in its place, which a token's cap has to allow.
        """
        instance = self.one(Instance.objects.select_related("slot__allocation"), public_id)
        if instance.slot is None:
            raise Refused("orphan", "No slot answers for this machine; the sweeper ends it once it is proven ours.")
        if spends:
            self.require_within_cap(instance.slot.allocation.requested_token_id)
        return instance, instance.slot.public_id


class CordonInstance(InstanceAction):
    @says(
        InstanceOut,
        body=NoBody,
        path_id="inst",
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Give it no new work; what runs on it goes on",
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(NoBody)
        instance, slot = self.slot_of(public_id)

        def run() -> Answer:
            cordoning.cordon(slot, **self.said())
            return Answer(200, shown(instance))

        return self.once(run, spends=False)


class UncordonInstance(InstanceAction):
    @says(
        InstanceOut,
        body=NoBody,
        path_id="inst",
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Let it take work again",
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(NoBody)
        instance, slot = self.slot_of(public_id)

        def run() -> Answer:
            cordoning.uncordon(slot, **self.said())
            return Answer(200, shown(instance))

        return self.once(run, spends=False)


class DrainInstance(InstanceAction):
    @says(
        InstanceOut,
        status=202,
        body=DrainIn,
        path_id="inst",
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="Let its work leave, then end it",
        takes={"replace": True},
    )
    def post(self, request: Request, public_id: str) -> Response:
        wanted = self.body(DrainIn)
        instance, slot = self.slot_of(public_id, spends=wanted["replace"])

        def run() -> Answer:
            giving_up.drain_machine(slot, replace=wanted["replace"], **self.said())
            return Answer(202, shown(instance))

        return self.once(run)


class TerminateInstance(InstanceAction):
    @says(
        InstanceOut,
        status=202,
        body=TerminateIn,
        path_id="inst",
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="End it now, without waiting for its work",
        takes={"reason": "It answers no pings since the firmware update.", "replace": True},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Its slot is given up first and the cloud is asked afterwards, as for every end: it counts as gone when the
        cloud says so. Work on it is cut off."""
        wanted = self.body(TerminateIn)
        instance, slot = self.slot_of(public_id, spends=wanted["replace"])

        def run() -> Answer:
            giving_up.terminate(slot, replace=wanted["replace"], reason=wanted["reason"], **self.said())
            return Answer(202, shown(instance))

        return self.once(run)


class BulkInstancesIn(Strict):
    """One action for many machines."""

    action = serializers.ChoiceField(MACHINE_ACTIONS)
    ids = serializers.ListField(child=serializers.RegexField(INSTANCE_ID), min_length=1, max_length=MOST_ITEMS)
    replace = Flag(default=False, help_text="Of drain and terminate: buy others, so that as many are held as before")
    reason = serializers.CharField(min_length=SHORTEST, max_length=LONGEST, required=False, help_text="Why")


class InstancesInBulk(InstanceAction):
    @says(
        BulkResultOut,
        body=BulkInstancesIn,
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="Cordon, uncordon, drain or end many machines, each judged alone",
        takes={"action": "drain", "ids": ["inst_0193c5b0a4d87f3e9c1b2a3d4e5f6071"], "replace": True},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(BulkInstancesIn)
        if wanted["action"] == "terminate" and "reason" not in wanted:
            sentence = f"Say why in {SHORTEST} to {LONGEST} characters; others will read it."
            raise Refused("reason", sentence, field="reason")

        def act(public_id: str) -> Answer:
            instance, slot = self.slot_of(public_id, spends=wanted["replace"])
            if wanted["action"] == "cordon":
                cordoning.cordon(slot, **self.said())
            elif wanted["action"] == "uncordon":
                cordoning.uncordon(slot, **self.said())
            elif wanted["action"] == "drain":
                giving_up.drain_machine(slot, replace=wanted["replace"], **self.said())
            else:
                giving_up.terminate(slot, replace=wanted["replace"], reason=wanted["reason"], **self.said())
            return Answer(200 if "cordon" in wanted["action"] else 202, {"id": instance.public_id})

        return self.once(lambda: bulk.done(self, wanted["ids"], act))
