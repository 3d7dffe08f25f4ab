"""Which tasks follow which event: the whole choreography between the apps on one page.

Topics and tasks are names, not imports, so an app that reacts is not known to the app that speaks.
Every task may run twice, late or not at all; the sweeper is the truth (docs/architecture.md).
"""

_LAUNCH = ("fleet.reconcile",)
_BILL = ("billing.meter",)

REACTIONS: dict[str, tuple[str, ...]] = {
    "allocation.requested": _LAUNCH,
    "allocation.resized": _LAUNCH,
    "allocation.release-requested": _LAUNCH,
    "launch.refused": _LAUNCH,
    "instance.launched": _BILL,
    "instance.ready": ("inference.reconcile",),
    "instance.interruption-noticed": ("inference.leave_machine", "fleet.reconcile"),
    "instance.preempted": ("inference.reconcile", *_LAUNCH, *_BILL),
    "instance.terminated": _BILL,
    "instance.orphan-ended": _BILL,
}
