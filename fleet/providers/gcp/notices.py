"""Operations of the kind that says a machine is being taken back, as notices.

Google gives notice, 30 seconds, inside of the machine only. Outside, the operation shows at the same time at the best:
it is worth reading because the machine is then replaced without waiting until it is missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fleet.domain.outcomes import Notice
from fleet.providers.gcp import names
from fleet.providers.gcp.machines import instant

LEAD = timedelta(seconds=30)
_IN_A_MILLISECOND = 1000


def notices_of(operations: Iterable[Any]) -> list[Notice]:
    """In the order of their sequence: the time in milliseconds, and a number among those of the same one."""
    notices: list[Notice] = []
    last = 0
    for operation in sorted(operations, key=lambda operation: (instant(operation.insert_time), operation.id)):
        noticed_at = instant(operation.insert_time)
        last = max(int(noticed_at.timestamp() * 1000) * _IN_A_MILLISECOND, last + 1)
        machine = names.provider_id(names.last_part(operation.zone), int(operation.target_id))
        notices.append(Notice(last, machine, noticed_at, noticed_at + LEAD))
    return notices
