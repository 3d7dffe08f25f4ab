"""Takes the pictures of docs/screens/ from a running Purser: `python docs/screens/take.py URL USER PASSWORD [FOLDER]`.

Needs Playwright's Python package and a Chromium (/usr/bin/chromium, or CHROMIUM). Run it against `manage.py demo`,
some minutes after its start. It makes one service account and one token, so that their pages have something to
show; it buys and ends nothing. Where Inter is installed it stands for the system's font. NAMES: only some pictures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Route, sync_playwright

LARGEST_BYTES = 300_000
TALLEST = 1_240  # pixels of a whole page that are shown: the rest repeats, and pictures stay small
WIDE, PHONE = (1440, 900), (390, 844)
DRAWN = "![...document.querySelectorAll('.plot .skeleton')].some((e) => e.offsetParent)"
# A picture outlives the installation it was taken of: the secret is covered in it.
COVERED = """for (const e of document.querySelectorAll(".copyline code"))
  e.textContent = e.textContent.replace(/prs_\\w+/, "prs_" + "•".repeat(36));"""
ROW = "tr[data-row] a.strong"


@dataclass(frozen=True)
class Shot:
    """One picture: of which page, after which steps, how large, in which scheme."""

    name: str
    path: str
    steps: Callable[[Page], None] | None = None
    scheme: str = "light"
    size: tuple[int, int] = WIDE
    whole: bool = False


def menu(page: Page) -> None:
    page.locator("tr[data-row] td:last-child button").first.click()


def bulk(page: Page) -> None:
    for box in page.locator("tr[data-row] input[data-pick]:enabled").all()[:2]:
        box.check()


def plan(page: Page, count: str = "8") -> None:
    page.get_by_role("link", name="Allocate").first.click()
    form = page.locator("dialog#act[open]")
    form.locator("input[name=name]").fill("rank-train")
    form.locator("select[name=accelerator]").select_option("H100")
    form.locator("input[name=accelerator_count]").fill(count)
    form.locator("button.primary").click()
    form.get_by_role("heading", name="Placement plan").wait_for()


def refused(page: Page) -> None:
    plan(page, "64")


def open_dialog(page: Page) -> None:
    page.get_by_role("link", name="Release", exact=True).first.click()
    page.locator("dialog#act[open] .act-foot").wait_for()


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("a")
    page.locator("#palette-list .found-group", has_text="Allocations").first.wait_for()


def keys(page: Page) -> None:
    page.keyboard.press("?")


def token_secret(page: Page) -> None:
    page.fill("input[name=name]", "ci")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="Issue token").click()
    page.locator(".copyline").first.wait_for()
    page.evaluate(COVERED)


def prices(page: Page) -> None:
    """The admin's preview of a change of many: what the file would do, before it does it."""
    page.set_input_files(
        "input[type=file]",
        {
            "name": "quotas.csv",
            "mimeType": "text/csv",
            "buffer": b"project,cloud,accelerator,max_accelerators\nassistants,,,48\nresearch,aws,H100,8\n",
        },
    )
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("heading", name="What it would do").wait_for()


SETTINGS = (
    "you", "second-factor", "sessions", "display", "limits", "audit", "webhooks", "tokens", "members",
    "service-accounts", "projects", "accounts", "switches",
)  # fmt: skip
SHOTS = (
    Shot("overview-light", "/"),
    Shot("overview-full", "/", whole=True),
    Shot("fleet-light", "/fleet", whole=True),
    Shot("fleet-row-menu", "/fleet", menu),
    Shot("fleet-bulk", "/fleet", bulk),
    Shot("fleet-plan-dialog", "/fleet", plan),
    Shot("fleet-plan-refused", "/fleet", refused),
    Shot("capacity-light", "/capacity", whole=True),
    Shot("capacity-blocks", "/capacity/blocks"),
    Shot("allocate-form", "/fleet/allocate"),
    Shot("allocation-light", "{allocation}", whole=True),
    Shot("release-dialog", "{allocation}", open_dialog),
    Shot("endpoints-light", "/endpoints", size=(1440, 600)),
    Shot("endpoint-light", "{endpoint}", whole=True),
    Shot("endpoint-manifests", "{endpoint}/manifests?environment=eks&extras=karpenter&extras=kueue&cluster=prod"),
    Shot("endpoint-new", "/endpoints/new", whole=True),
    Shot("models", "/models", size=(1440, 600)),
    Shot("model", "{model}", size=(1440, 600)),
    Shot("economics-light", "/economics", whole=True),
    Shot("activity-light", "/activity"),
    Shot("decision-light", "{decision}", size=(1440, 700)),
    Shot("incidents", "/incidents", size=(1440, 600)),
    Shot("palette", "/", palette),
    Shot("keys", "/fleet", keys),
    Shot("first-steps", "/guide", size=(1440, 700)),
    Shot("settings-about", "/settings"),
    *(Shot(f"settings-{section}", f"/settings/{section}") for section in SETTINGS),
    Shot("settings-account", "{account}", whole=True),
    Shot("settings-limits-file", "/settings/limits/file/quota", prices),
    Shot("settings-token-new", "/settings/tokens/new", whole=True),
    Shot("settings-token-secret", "/settings/tokens/new", token_secret),
    Shot("api-docs", "/api/docs"),
    Shot("api-docs-allocations", "/api/docs/allocations"),
    Shot("admin", "/admin/"),
    Shot("admin-budgets", "/admin/fleet/budget/"),
    Shot("not-found", "/nowhere", size=(1440, 500)),
    *(
        Shot(f"{name}-dark", path, scheme="dark")
        for name, path in (
            ("overview", "/"),
            ("fleet", "/fleet"),
            ("capacity", "/capacity"),
            ("endpoint", "{endpoint}"),
            ("economics", "/economics"),
            ("settings-limits", "/settings/limits"),
        )
    ),
    Shot("fleet-plan-dialog-dark", "/fleet", plan, scheme="dark"),
    *(
        Shot(f"{name}-390", path, size=PHONE)
        for name, path in (
            ("overview", "/"),
            ("fleet", "/fleet"),
            ("capacity", "/capacity"),
            ("endpoint", "{endpoint}"),
            ("economics", "/economics"),
            ("activity", "/activity"),
            ("settings-limits", "/settings/limits"),
        )
    ),
)
PLACES = {
    "account": ("/settings/accounts", "main a[href^='/settings/accounts/']"),
    "endpoint": ("/endpoints", ROW),
    "allocation": ("/fleet", ROW),
    "decision": ("/activity?show=decisions", "a[href^='/decisions/']"),
    "model": ("/models", "main a[href^='/models/model_']"),
}


def take(browser: Browser, url: str, username: str, password: str, folder: Path) -> Iterator[Path]:
    """Log in once and write a picture for each of SHOTS; the paths written, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(base_url=url)
    context.route("**/css/*.css", _with_inter)
    page = context.new_page()
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.goto("/login/")
    wanted = os.environ.get("NAMES", "").split()
    if not wanted or "login" in wanted:
        yield _written(page, folder / "login.png", WIDE, whole=False)
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("#live")
    places = {name: _first(page, *where) for name, where in PLACES.items()}
    if not wanted:
        _something_to_show(page)
    for shot in SHOTS:
        if wanted and shot.name not in wanted:
            continue
        try:
            yield _shot(page, shot, shot.path.format(**places), folder)
        except Error as error:
            print(f"{shot.name}: {error}", file=sys.stderr)
    context.close()


def _shot(page: Page, shot: Shot, path: str, folder: Path) -> Path:
    page.emulate_media(color_scheme="dark" if shot.scheme == "dark" else "light")
    page.set_viewport_size({"width": shot.size[0], "height": shot.size[1]})
    page.goto(path or "/nowhere")
    page.wait_for_function(DRAWN)
    if shot.steps is not None:
        shot.steps(page)
    return _written(page, folder / f"{shot.name}.png", shot.size, whole=shot.whole)


def _written(page: Page, target: Path, size: tuple[int, int], *, whole: bool) -> Path:
    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST) if whole else size[1]
    if whole:
        # A taller window, not a stitched page: what is as tall as the window stays so.
        page.set_viewport_size({"width": size[0], "height": max(tall, size[1])})
    page.screenshot(path=target)
    if target.stat().st_size > LARGEST_BYTES:
        print(f"{target} is {target.stat().st_size} bytes, over {LARGEST_BYTES}", file=sys.stderr)
    return target


def _with_inter(route: Route) -> None:
    """Inter before the system's own font: what `system-ui` is differs from machine to machine."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("system-ui,", '"Inter", system-ui,', 1))


def _something_to_show(page: Page) -> None:
    """A service account, by the form that people use."""
    page.goto("/settings/service-accounts")
    if page.locator("form.form input[name=name]").count():
        page.fill("form.form input[name=name]", "deploy-bot")
        page.fill("form.form input[name=description]", "Rolls endpoints out")
        page.get_by_role("button", name="Create").click()


def _first(page: Page, listing: str, what: str) -> str:
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
