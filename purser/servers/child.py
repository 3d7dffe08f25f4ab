"""Becomes another program which dies with its parent: `python -I -S child.py PARENT SIGNAL UID PROGRAM…`.

A file of its own rather than `preexec_fn`, which may deadlock when the parent has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
COULD_NOT_START = 126


def main(parent: int, death_signal: int, uid: int, program: list[str]) -> None:
    """Drop to `uid` (−1: stay), ask the kernel for `death_signal` at the parent's death, and exec."""
    libc = ctypes.CDLL(None, use_errno=True)  # loaded first: the new uid may not be able to read it
    os.umask(0o077)
    if uid >= 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    # Only now: changing the uid clears the death signal.
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the parent died before its child was up")
    os.execvp(program[0], program)  # noqa: S606 - replacing this process is the purpose


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    except OSError as problem:
        print(f"cannot start {sys.argv[4]}: {problem}", file=sys.stderr)
        sys.exit(COULD_NOT_START)
