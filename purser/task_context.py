"""What a task's log lines and events name: the task, and the request it goes back to.

The request's id comes in the message's headers. A task that looks after whatever is due works on rows of many
requests, so for it the id says only who woke it (`woken_by` in the log) and each row names its own; a task declared
with `about_subject=True` works on its subject alone and takes the id as its own.
"""

from typing import Any

from celery.signals import task_postrun, task_prerun

from fleet.services.origin import NOWHERE, Origin, come_from
from purser import alive
from purser.logs import TASK


def connect() -> None:
    """Listen to the beginning and the end of every task of this process."""
    task_prerun.connect(_begin, weak=False, dispatch_uid="purser.task_context")
    task_postrun.connect(_end, weak=False, dispatch_uid="purser.task_context")


def _begin(*, task: Any, task_id: str, **_: object) -> None:
    request_id = _header(task, "request_id")
    context = {"task": task.name, "task_id": task_id}
    if getattr(task, "about_subject", False):
        come_from(Origin(request_id, _header(task, "request_address") or None))
    elif request_id:
        context["woken_by"] = request_id
    TASK.set(context)
    alive.touch()


def _end(**_: object) -> None:
    come_from(NOWHERE)
    TASK.set({})
    alive.touch()


def _header(task: Any, name: str) -> str:
    """From the message itself, or from the headers of a task that runs where it was called."""
    return str(task.request.get(name) or (task.request.headers or {}).get(name) or "")
