"""After a restore: what the clouds hold beside what the backup remembers, and the word that it may act again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from fleet.domain.lifecycle import ENDED_SLOT_STATES
from fleet.domain.outcomes import Inventory, Machine
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, Installation, Instance
from fleet.services import buying_blocks, events, machines
from fleet.services.accounts import adapter, watched
from fleet.services.installation import installation, read_marks, subject_of

REASON = "Restored from"


@dataclass(frozen=True)
class Standing:
    """One account, both ways. `problem`: its list could not be read, so nothing is known."""

    account: str
    problem: str = ""
    live: int = 0
    unremembered: tuple[Machine, ...] = ()
    gone: tuple[str, ...] = ()
    highest_sequence: int = 0
    unremembered_per_hour: Decimal = field(default=Decimal(0))

    def sentence(self) -> str:
        if self.problem:
            return f"{self.account}: {self.problem}"
        return (
            f"{self.account}: {self.live} machines of ours are live; {len(self.unremembered)} of them "
            f"({self.unremembered_per_hour}/h) were launched after the backup and would be ended as orphans; "
            f"{len(self.gone)} that the backup holds for live are gone."
        )


def survey() -> list[Standing]:
    """Every account that is bought from or still owes us an end, read now. Nothing is written."""
    return [_standing(account) for account in watched()]


def confirm(standings: Sequence[Standing], *, now: datetime, actor: str) -> Installation:
    """Let it act again: the launch counter goes on above every number the clouds show. Raises Refused."""
    unread = [standing.account for standing in standings if standing.problem]
    if unread:
        raise Refused(
            "accounts-unread",
            f"{', '.join(unread)} could not be read, so what acting would end there is unknown. Mend or switch off the "
            "account first.",
        )
    installation()
    with transaction.atomic():
        row = Installation.objects.select_for_update(no_key=True).get(pk=1)
        if row.restored_at is None:
            raise Refused("not-restored", "No restored backup waits to be confirmed.")
        before = row.launch_sequence
        row.launch_sequence = max([before, *(standing.highest_sequence for standing in standings)])
        buying_blocks.doubt_unsent(asked_before=row.restored_at)
        row.restored_at = None
        # What an operator had stopped before the backup was taken, or has stopped since, stays stopped.
        if row.pause_reason.startswith(REASON):
            row.launches_paused, row.pause_reason = False, ""
        if row.frozen_reason.startswith(REASON):
            row.destructive_frozen, row.frozen_reason = False, ""
        row.save()
        events.record(
            "installation.restore-confirmed",
            subject=subject_of(row),
            actor=actor,
            now=now,
            data={
                "before": {"launch_sequence": before},
                "after": {"launch_sequence": row.launch_sequence},
                "to_be_ended": [machine.provider_id for one in standings for machine in one.unremembered],
            },
        )
    return row


def _standing(account: CloudAccount) -> Standing:
    try:
        seen = adapter(account).inventory(str(installation().uuid))
    except Refused as error:
        seen = Inventory((), False, "", error.sentence)
    if not seen.complete:
        return Standing(account.name, problem=f"it could not be read: {seen.problem or 'a page failed'}")
    if account.expected_account_ref and seen.account_ref != account.expected_account_ref:
        return Standing(account.name, problem=f"its credential now belongs to account {seen.account_ref or 'unknown'}")
    marked = [(m, read_marks(m.tags, cloud=account.cloud, region=m.region)) for m in seen.machines]
    ours = [(m, marks) for m, marks in marked if marks.proven and m.live]
    held = Instance.objects.filter(account=account, terminated_at=None).exclude(slot__state__in=ENDED_SLOT_STATES)
    remembered = set(held.exclude(slot=None).values_list("provider_id", flat=True))
    unknown = tuple(machine for machine, _ in ours if machine.provider_id not in remembered)
    return Standing(
        account.name,
        live=len(ours),
        unremembered=unknown,
        gone=tuple(sorted(remembered - {machine.provider_id for machine, _ in ours})),
        highest_sequence=max((marks.sequence for _, marks in ours), default=0),
        unremembered_per_hour=sum((machines.price_of(machine, account, None) for machine in unknown), Decimal(0)),
    )
