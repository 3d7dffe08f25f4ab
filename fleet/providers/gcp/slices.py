"""Slices of TPUs of one account: bought, found and ended as machines are.

Google takes an order at once and looks for room later. What fails, or is taken back, lies there until it is deleted:
a launch that fails removes its remains before it says so, and a slice that was taken back is shown as stopped, so that
it is ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fleet.domain.outcomes import (
    ErrorClass,
    FindOutcome,
    Found,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    OfferedType,
    Refusal,
    Scope,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.providers.classify import classify
from fleet.providers.failing import NONSENSE
from fleet.providers.gcp import names, tpus
from fleet.providers.gcp.errors import CLOUD, meaning_of, of_token
from fleet.providers.gcp.options import Options
from fleet.providers.gcp.tpu_api import TpuApi

FIRST_LOOK_AFTER, LOOKS_AT_MOST_APART = 0.1, 2.0
EXISTS = "ALREADY_EXISTS"
_GONE = Refusal(ErrorClass.GONE, "deleted", "What the token made has ended.", Scope.REQUEST)


class Slices:
    """Those of one account."""

    def __init__(self, api: TpuApi, options: Options, said: Mapping[str, Any]) -> None:
        self._api = api
        self._options = options
        self._said = said

    def sold(self, zones: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[OfferedType, str]]:
        """Every shape, with each zone of the account's regions where it is sold."""
        here = set(self._api.zones())
        for zone in sorted(zone for found in zones.values() for zone in found if zone in here):
            for found in self._api.accelerator_types(zone):
                if (shape := tpus.shape_of(found)) is not None:
                    yield shape, zone

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Ordered, and followed until it has room, or has none."""
        name = names.machine_name(request.token)
        deadline = time.monotonic() + self._options.write_seconds
        try:
            said = tpus.queued_resource(request, self._options.project, self._said)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        try:
            self._api.create(request.zone, name, said, names.request_id(request.token))
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            meaning = meaning_of(error)
            if not isinstance(meaning, Refusal) or meaning.code != EXISTS:
                return meaning
        return self._followed(lambda: self._decided(request, name, deadline), deadline)

    def find(self, request: LaunchRequest) -> FindOutcome:
        """What the token did: its slice, also one that waits, or what became of its order."""
        try:
            queued = self._api.queued(request.zone, names.machine_name(request.token))
            if not tpus.made_by(queued, request):
                return Found(None)
            if queued.state.state.name == tpus.FAILED:
                return of_token(classify(CLOUD, *tpus.why_failed(queued)))
            return Found(tpus.machine_of(queued, None))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the launch makes no sense: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - whatever it was, it says nothing of the launch
            meaning = meaning_of(error)
            gone = isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE
            return Found(None) if gone else meaning

    def terminate(self, zone: str, name: str) -> TerminateOutcome:
        """With its node; an order that waits is withdrawn."""
        try:
            self._api.delete(zone, name)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            meaning = meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE:
                return Terminated(None, already_gone=True)
            return meaning
        return Terminated(self._last_word(zone, name))

    def machines(self) -> Iterator[Machine]:
        """All there are, ours and others'. Raises what the lists raise."""
        nodes = {str(node.queued_resource).rpartition("/")[2]: node for node in self._api.nodes()}
        for queued in self._api.all_queued():
            if queued.tpu.node_spec:
                yield tpus.machine_of(queued, nodes.get(names.last_part(queued.name)))

    def _followed(self, look: Callable[[], LaunchOutcome | None], deadline: float) -> LaunchOutcome:
        """Looked at until it is decided, or the time is over. A look that fails says nothing of the launch."""
        pause = FIRST_LOOK_AFTER
        while True:
            try:
                outcome = look()
            except NONSENSE as error:
                return Unclear("garbled", f"the answer about the launch makes no sense: {type(error).__name__}")
            except Exception as error:  # noqa: BLE001 - as above
                meaning = meaning_of(error)
                return Unclear(meaning.code, meaning.message, meaning.classified)
            if outcome is not None:
                return outcome
            if time.monotonic() + pause > deadline:
                return Unclear("still-queued", "Google has taken the order and has found no room yet.")
            time.sleep(pause)
            pause = min(pause * 2, LOOKS_AT_MOST_APART)

    def _decided(self, request: LaunchRequest, name: str, deadline: float) -> LaunchOutcome | None:
        """None while Google looks for room."""
        try:
            queued = self._api.queued(request.zone, name)
        except Exception as error:
            meaning = meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE:
                return _GONE
            raise
        if not tpus.made_by(queued, request):
            sentence = f"{name} is there already, made by another."
            return Refusal(ErrorClass.BAD_REQUEST, EXISTS, sentence, Scope.REQUEST)
        if not tpus.as_asked(queued, request):
            sentence = "The token has made another slice than this request asks for."
            return Refusal(ErrorClass.BAD_REQUEST, "token-reused", sentence, Scope.REQUEST)
        state = queued.state.state.name
        if state == tpus.FAILED:
            return self._cleared(request.zone, name, of_token(classify(CLOUD, *tpus.why_failed(queued))), deadline)
        if state == tpus.DELETING:
            return _GONE
        return Launched(tpus.machine_of(queued, None), replayed=None) if state in tpus.HAS_ROOM else None

    def _cleared(self, zone: str, name: str, why: Refusal, deadline: float) -> Refusal | Unclear:
        """The reason, once its remains are on their way out: they keep the name, and count against the quota."""
        if not isinstance(self.terminate(zone, name), Terminated):
            told = f"{name} could not be had ({why.code}: {why.message}), and its remains are there."
            return Unclear("remains", told)
        pause = FIRST_LOOK_AFTER
        while self._last_word(zone, name) is not None and time.monotonic() + pause < deadline:
            time.sleep(pause)
            pause = min(pause * 2, LOOKS_AT_MOST_APART)
        return why

    def _last_word(self, zone: str, name: str) -> Machine | None:
        try:
            return tpus.machine_of(self._api.queued(zone, name), None)
        except Exception:  # noqa: BLE001 - the end was accepted, whatever a look says now
            return None
