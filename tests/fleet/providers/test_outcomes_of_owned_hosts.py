"""Every row that outcomes.toml has for owned hosts, proved by an operation that truly fails.

What makes it fail lies in the folder, is a limit of the process, or is the kernel's own word (failing_kernel).
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fleet.domain.outcomes import Found, Launched, LaunchOutcome, LaunchRequest, Refusal, Unclear
from fleet.providers.base import Account
from fleet.providers.classify import Row, next_step, table
from fleet.providers.local.adapter import Local
from fleet.providers.local.book import machine_id
from tests.fleet.providers.failing_kernel import with_failing

HOST = {"name": "rack1", "accelerator": "L4", "accelerator_count": 4, "shapes": [1, 4]}
ROWS = [pytest.param(row, code, id=code) for row in table()["local"] for code in row.match]


@dataclass
class Rack:
    """An account whose folder is known to be its own."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        hosts = [dict(HOST)]
        self.account = Account(
            "local", "our rack", "", {"folder": str(self.folder), "hosts": hosts, "wait_seconds": 0.1}
        )
        self.cloud().facts()

    def cloud(self, **options: object) -> Local:
        return Local(replace(self.account, options={**self.account.options, **options}))

    def launched(self, request: LaunchRequest, **options: object) -> LaunchOutcome:
        return self.cloud(**options).launch(request)

    def claimed(self, request: LaunchRequest) -> bool:
        kept = {path.stem for folder in ("claims", "ended") for path in self.folder.glob(f"{folder}/own-*.json")}
        return machine_id(request.token) in kept


def order(token: str = "t1", count: int = 1) -> LaunchRequest:
    return LaunchRequest(token, "owned", "rack1", f"rack1.L4x{count}", "on-demand")


# --- What lies in the folder, or is asked for ---------------------------------------------------------------------


def full(rack: Rack) -> LaunchOutcome:
    rack.launched(order("all of it", 4))
    return rack.launched(order())


def switched_off(rack: Rack) -> LaunchOutcome:
    return rack.launched(order(), hosts=[HOST | {"off": True}])


def a_shape_that_no_host_has(rack: Rack) -> LaunchOutcome:
    return rack.launched(order(count=3))


def a_token_of_another_request(rack: Rack) -> LaunchOutcome:
    rack.launched(order())
    return rack.launched(replace(order(), disk_gib=1))


def an_ended_claim(rack: Rack) -> LaunchOutcome:
    rack.launched(order())
    rack.cloud().terminate(machine_id("t1"), "owned")
    return rack.launched(order())


def another_racks_folder(rack: Rack) -> LaunchOutcome:
    return Local(replace(rack.account, expected_ref="owned-another")).launch(order())


def a_mount_point_without_its_disk(rack: Rack) -> LaunchOutcome:
    rack.folder.rename(rack.folder.with_name("elsewhere"))
    rack.folder.mkdir()
    return rack.launched(order())


def no_folder(rack: Rack) -> LaunchOutcome:
    rack.folder.rename(rack.folder.with_name("elsewhere"))
    return rack.launched(order())


def a_file_in_its_place(rack: Rack) -> LaunchOutcome:
    rack.folder.rename(rack.folder.with_name("elsewhere"))
    rack.folder.touch()
    return rack.launched(order())


def a_link_to_itself(rack: Rack) -> LaunchOutcome:
    rack.folder.rename(rack.folder.with_name("elsewhere"))
    rack.folder.symlink_to(rack.folder)
    return rack.launched(order())


def a_worker_that_does_not_finish(rack: Rack) -> LaunchOutcome:
    with (rack.folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        return rack.launched(order())


def half_a_claim_of_somebody(rack: Rack) -> LaunchOutcome:
    rack.launched(order("another"))
    (rack.folder / "claims" / f"{machine_id('another')}.json").write_text("{half")
    return rack.launched(order())


# --- What a process may do ----------------------------------------------------------------------------------------


@contextmanager
def limited(kind: int, most: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def room_for_half_a_claim(rack: Rack) -> LaunchOutcome:
    with limited(resource.RLIMIT_FSIZE, 16):
        return rack.launched(order())


def no_room_in_any_file(rack: Rack) -> LaunchOutcome:
    with limited(resource.RLIMIT_FSIZE, 0):
        return rack.launched(order())


def _highest_handle() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())


def no_file_more_open(rack: Rack) -> LaunchOutcome:
    cloud = rack.cloud()
    cloud.find(order())  # whatever is read once has been read
    taken = []
    with limited(resource.RLIMIT_NOFILE, _highest_handle() + 2):
        try:
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return cloud.launch(order())
        finally:
            for handle in taken:
                os.close(handle)


# --- What the kernel says of a disk -------------------------------------------------------------------------------


def said(call: str) -> Callable[[Rack, str], LaunchOutcome]:
    """The system call of that name fails for the launch as the code says."""

    def failing(rack: Rack, code: str) -> LaunchOutcome:
        cloud = rack.cloud()
        cloud.find(order())  # whatever is imported on the way has been
        return with_failing(call, getattr(errno, code), lambda: cloud.launch(order()))

    return failing


SITUATIONS: dict[str, Callable[[Rack], LaunchOutcome]] = {
    "host-full": full,
    "host-off": switched_off,
    "no-such-shape": a_shape_that_no_host_has,
    "token-reused": a_token_of_another_request,
    "claim-ended": an_ended_claim,
    "another-account": another_racks_folder,
    "folder-unknown": a_mount_point_without_its_disk,
    "ENOENT": no_folder,
    "ENOTDIR": a_file_in_its_place,
    "ELOOP": a_link_to_itself,
    "folder-busy": a_worker_that_does_not_finish,
    "claims-unreadable": half_a_claim_of_somebody,
    "ENOSPC": room_for_half_a_claim,
    "EFBIG": no_room_in_any_file,
    "EMFILE": no_file_more_open,
}
KERNEL: dict[str, Callable[[Rack, str], LaunchOutcome]] = {
    "EACCES": said("open"),  # the folder is somebody else's, and we are not root
    "EPERM": said("link"),  # vfat and some shares know no links
    "EROFS": said("link"),  # mounted for reading only, or remounted so after a fault of the disk
    "ESTALE": said("open"),  # the NFS server made its export anew
    "ENODEV": said("open"),  # the disk was pulled out
    "EDQUOT": said("write"),
    "ENFILE": said("open"),  # the whole computer's table of open files
    "ENOMEM": said("open"),
    "ENOLCK": said("flock"),  # the lock daemon of NFS
    "EINTR": said("link"),  # NFS mounted with intr; of others Python tries again
}
LEFT_AS_IT_WAS = {"token-reused", "claim-ended"}
"""What these are about has its claim, or had it."""


@pytest.fixture
def rack(tmp_path: Path) -> Rack:
    return Rack(tmp_path / "claims of hosts")


def test_every_code_of_a_row_is_proved_by_what_truly_happens_and_by_one_thing():
    assert sorted([*SITUATIONS, *KERNEL]) == sorted(code for row in table()["local"] for code in row.match)


@pytest.mark.parametrize(("row", "code"), ROWS)
def test_a_launch_that_ends_so_means_what_its_row_says_and_claims_nothing(rack: Rack, row: Row, code: str) -> None:
    outcome = SITUATIONS[code](rack) if code in SITUATIONS else KERNEL[code](rack, code)
    assert isinstance(outcome, Refusal), outcome
    assert (outcome.code, outcome.classified) == (code, True)
    assert (outcome.error_class, outcome.scope, outcome.retry_after) == (row.error_class, row.scope, row.retry_after)
    assert outcome.message
    assert next_step("local", code, outcome.message) == row.then, "a person reads what is done next"
    assert rack.claimed(order()) == (code in LEFT_AS_IT_WAS)
    assert not list(rack.folder.parent.glob("*/claims/.*")), "nothing half written stays"


@pytest.mark.parametrize("code", [*KERNEL, "EIO"])
def test_a_look_that_fails_so_does_not_say_that_nothing_was_claimed(rack: Rack, code: str) -> None:
    assert isinstance(rack.launched(order()), Launched)
    cloud = rack.cloud()
    outcome = with_failing("open", getattr(errno, code) if code != "EINTR" else errno.EIO, lambda: cloud.find(order()))
    assert not isinstance(outcome, Found)
    ended = with_failing("open", errno.EIO, lambda: cloud.terminate(machine_id("t1"), "owned"))
    assert (isinstance(ended, Unclear), ended.code) == (True, "EIO")
    [claim] = [json.loads(path.read_text()) for path in rack.folder.glob("claims/*.json")]
    assert claim["ended_at"] is claim["ending_at"] is None


def test_what_no_row_says_is_unclear_and_counted(rack: Rack) -> None:
    outcome = with_failing("link", errno.EIO, lambda: rack.launched(order()))
    assert isinstance(outcome, Unclear)
    assert (outcome.code, outcome.classified) == ("EIO", False)
