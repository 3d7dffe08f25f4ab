"""What tests that look at pages in a browser share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.models import Decision
from tests.pages.rows import Installation

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
WIDE, PHONE, NARROW = (1440, 900), (390, 844), (320, 640)


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


def violations(page: Page) -> list[str]:
    settled(page)
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"][:3]]


def places(made: Installation) -> list[str]:
    """A page of every kind, full."""
    endpoint, allocation = made.endpoints[0].public_id, made.allocations[0].public_id
    decision = Decision.objects.order_by("id")[0].public_id
    return [
        "/", "/fleet", "/fleet?accelerator=H100", "/endpoints", f"/endpoints/{endpoint}", f"/fleet/{allocation}",
        "/activity", f"/decisions/{decision}", "/economics", "/search?q=assist", "/settings", "/settings/display",
        "/nowhere",
    ]  # fmt: skip


EMPTY = ("/", "/fleet", "/endpoints", "/activity", "/economics", "/search?q=nothing")
