"""What tests that look at pages in a browser share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from inference.models import Decision
from tests.pages.rows import Installation

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
WIDE, PHONE, NARROW = (1440, 900), (390, 844), (320, 640)
COLOURS = ("color-contrast", "link-in-text-block")
LOOKS: tuple[tuple[Literal["light", "dark"], tuple[int, int], tuple[str, ...]], ...] = (
    ("light", WIDE, ()),
    ("dark", WIDE, COLOURS),
    ("dark", PHONE, COLOURS),
    ("light", PHONE, ()),
)
SHOTS = os.environ.get("PURSER_SHOTS")


def drawn(page: Page) -> None:
    """Wait until no chart of the page is still a skeleton."""
    page.wait_for_function("![...document.querySelectorAll('.plot .skeleton')].some((e) => e.offsetParent)")


def resized(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def settled(page: Page) -> None:
    """Wait until nothing of the page is on its way from one colour to another; what moves for ever is let be."""
    page.evaluate(
        """() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))).then(() =>
        Promise.allSettled(document.getAnimations()
            .filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity)
            .map((one) => one.finished)))"""
    )


def violations(page: Page, within: str = "", rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds on the page, or within one part of it; by all of its rules, or by some."""
    settled(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    asked = {"resultTypes": ["violations"]} | ({"runOnly": {"type": "rule", "values": rules}} if rules else {})
    found = page.evaluate("([within, asked]) => axe.run(within || document, asked)", [within, asked])["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"][:3]]


def looked_at(page: Page, name: str, within: str = "") -> list[tuple[str, str, int, str]]:
    """What axe finds in both themes, wide and on a phone, and where the page sticks out of its window.

    A theme changes colours and nothing else, so in the dark only the rules about colours are asked.
    """
    found: list[tuple[str, str, int, str]] = []
    for scheme, size, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        resized(page, size)
        found += [(name, scheme, size[0], told) for told in violations(page, within, rules)]
        found += sticks_out(page, name, size) if rules == () else []
    resized(page, NARROW)
    found += sticks_out(page, name, NARROW)
    if SHOTS:
        shot(page, name)
    resized(page, WIDE)
    return found


def sticks_out(page: Page, name: str, size: tuple[int, int]) -> list[tuple[str, str, int, str]]:
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [(name, "any", size[0], f"scrolls sideways: {wide}")] if wide > size[0] else []


def shot(page: Page, name: str) -> None:
    """Kept to be looked at by people, where PURSER_SHOTS names a folder."""
    for scheme, size, _ in LOOKS:
        page.emulate_media(color_scheme=scheme)
        resized(page, size)
        settled(page)
        called = "".join(c if c.isalnum() else "-" for c in name).strip("-") or "overview"
        page.screenshot(path=str(Path(str(SHOTS)) / f"{called[:80]}-{scheme}-{size[0]}.png"), full_page=True)


def places(made: Installation) -> list[str]:
    """A page of every kind, full."""
    endpoint, allocation = made.endpoints[0].public_id, made.allocations[0].public_id
    decision = Decision.objects.order_by("id")[0].public_id
    return [
        "/", "/fleet", "/fleet?accelerator=H100", "/capacity", "/endpoints", f"/endpoints/{endpoint}",
        f"/fleet/{allocation}", "/activity", f"/decisions/{decision}", "/economics", "/search?q=assist", "/settings",
        "/settings/display", "/nowhere",
    ]  # fmt: skip
