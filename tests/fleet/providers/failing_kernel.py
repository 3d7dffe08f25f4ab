"""A thread whose system calls of one name fail with one errno: the kernel itself says so, as a bad disk would make it.

It is a seccomp filter, which holds for the thread that sets it and goes with it. Nothing of Python is replaced.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

NUMBERS = {
    "x86_64": {"open": (2, 257), "link": (86, 265), "flock": (73,), "fsync": (74,), "write": (1,)},
    "aarch64": {"open": (56,), "link": (37,), "flock": (32,), "fsync": (82,), "write": (64,)},
}
"""Every number that a call of this name may have."""
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def with_failing(name: str, errno: int, call: Callable[[], Result]) -> Result:
    """What `call` returns in a thread where every such system call fails. Raises what it raises."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            _forbid(name, errno)
            done.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _forbid(name: str, errno: int) -> None:
    numbers = NUMBERS[platform.machine()][name]
    steps = [(LOAD_WORD, 0, 0, 0)]
    for place, number in enumerate(numbers):
        steps.append((JUMP_IF_EQUAL, len(numbers) - place, 0, number))
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, FAIL_WITH | errno)]
    text = b"".join(struct.pack("HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(text, len(text))
    program = Program(len(steps), ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    for said in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*said):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
