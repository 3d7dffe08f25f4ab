"""How states look: icon, tone, word and how far along they are. The word always stands beside the icon."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 6  # Requested, Provisioning, Starting, Ready, Draining, Released


@dataclass(frozen=True)
class Look:
    """`tone` is ok, warn, bad, info or mute; `ordinal` is which of the six steps was reached."""

    word: str
    icon: str
    tone: str
    ordinal: int = 0
    spin: str = ""

    @property
    def pips(self) -> list[bool]:
        return [step <= self.ordinal for step in range(1, STEPS + 1)]


ALLOCATION = {
    "requested": Look("Requested", "clock", "info", 1),
    "planning": Look("Planning", "clock", "info", 1),
    "provisioning": Look("Provisioning", "busy", "info", 2, "spin"),
    "active": Look("Ready", "check", "ok", 4),
    "degraded": Look("Degraded", "alert", "warn", 4),
    "draining": Look("Draining", "drain", "warn", 5),
    "released": Look("Released", "stop", "mute", 6),
    "failed": Look("Failed", "fail", "bad", 2),
}
IDLE = Look("Idle", "hold", "warn", 4)

SLOT = {
    "wanted": Look("Wanted", "clock", "info", 1),
    "launching": Look("Launching", "busy", "info", 2, "spin"),
    "booting": Look("Booting", "busy", "info", 3, "spin"),
    "ready": Look("Ready", "check", "ok", 4),
    "unhealthy": Look("Unhealthy", "alert", "bad", 4),
    "draining": Look("Draining", "drain", "warn", 5),
    "terminating": Look("Terminating", "drain", "warn", 5),
    "gone": Look("Gone", "stop", "mute", 6),
    "lost": Look("Lost", "alert", "bad", 5),
}

ATTEMPT = {
    "intent": Look("Intent written", "clock", "info"),
    "unknown": Look("Unknown", "alert", "warn"),
    "launched": Look("Launched", "check", "ok"),
    "adopted": Look("Adopted", "heal", "ok"),
    "refused": Look("Refused", "stop", "warn"),
    "abandoned": Look("Abandoned", "fail", "mute"),
}


def allocation_look(state: str, *, idle: bool = False) -> Look:
    if idle and state == "active":
        return IDLE
    return ALLOCATION.get(state, Look(state, "alert", "mute"))


def slot_look(state: str) -> Look:
    return SLOT.get(state, Look(state, "alert", "mute"))


def attempt_look(state: str) -> Look:
    return ATTEMPT.get(state, Look(state, "alert", "mute"))


WORDS = {"ttl": "Its time to live ended"}


def reason_text(reason: str, detail: str) -> str:
    """The sentence with the numbers if there is one, else the reason in words."""
    return detail or WORDS.get(reason) or reason.replace("-", " ").capitalize()
