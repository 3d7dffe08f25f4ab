"""Takes the pictures of docs/screens/ from a running Purser: `python docs/screens/take.py URL USER PASSWORD [FOLDER]`.

Needs Playwright's Python package and a Chromium (/usr/bin/chromium, or CHROMIUM).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

LARGEST_BYTES = 300_000
TALLEST = 1_240  # pixels of a whole page that are shown: the rest repeats, and pictures stay small
# name, path, width, height, scheme, whole page
SHOTS = (
    ("overview-light", "/", 1440, 900, "light", False),
    ("overview-dark", "/", 1440, 900, "dark", False),
    ("overview-full", "/", 1440, 900, "light", True),
    ("overview-390", "/", 390, 844, "light", False),
    ("fleet-light", "/fleet", 1440, 900, "light", True),
    ("fleet-dark", "/fleet", 1440, 900, "dark", False),
    ("endpoints-light", "/endpoints", 1440, 600, "light", False),
    ("endpoint-light", "{endpoint}", 1440, 900, "light", True),
    ("endpoint-dark", "{endpoint}", 1440, 900, "dark", False),
    ("allocation-light", "{allocation}", 1440, 900, "light", True),
    ("activity-light", "/activity", 1440, 900, "light", False),
    ("economics-light", "/economics", 1440, 900, "light", True),
    ("decision-light", "{decision}", 1440, 900, "light", False),
)


def take(browser: Browser, url: str, username: str, password: str, folder: Path) -> list[Path]:
    """Log in once and write a picture for each line of SHOTS; the paths written."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("#live")
    places = {
        "endpoint": _first(page, "/endpoints"),
        "allocation": _first(page, "/fleet"),
        "decision": _first(page, "/activity?show=decisions", "a[href^='/decisions/']"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, path, width, height, scheme, whole in SHOTS:
        where = path.format(**places)
        if not where:
            continue
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(where)
        page.wait_for_function("![...document.querySelectorAll('.plot .skeleton')].some((e) => e.offsetParent)")
        target = folder / f"{name}.png"
        tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST) if whole else height
        page.screenshot(path=target, full_page=whole, clip={"x": 0, "y": 0, "width": width, "height": tall})
        if target.stat().st_size > LARGEST_BYTES:
            print(f"{target} is {target.stat().st_size} bytes, over {LARGEST_BYTES}", file=sys.stderr)
        written.append(target)
    context.close()
    return written


def _first(page: Page, listing: str, what: str = "tr[data-row] a.strong") -> str:
    page.goto(listing)
    link = page.query_selector(what)
    return (link.get_attribute("href") or "") if link else ""


def main() -> None:
    url, username, password, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else Path(__file__).parent
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for path in take(browser, url, username, password, folder):
            print(path)
        browser.close()


if __name__ == "__main__":
    main()
