"""Every page as the server sends it: complete without a script, whatever there is to show."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.services import spending
from fleet.models import Allocation, Instance, Progress
from fleet.services import events, incidents
from tests.pages import rows, serving
from tests.pages.rows import Installation

PAGES = ("/", "/fleet", "/endpoints", "/activity", "/activity?show=decisions", "/activity?show=money")


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


@pytest.fixture
def viewer(client: Client, people: dict[str, Any], full: Installation) -> Client:
    """Sees the project in which everything runs."""
    rows.see(people["viewer"], full.mine)
    client.force_login(people["viewer"])
    return client


def all_pages(full: Installation) -> list[str]:
    return [*PAGES, f"/endpoints/{full.endpoints[0].public_id}", f"/fleet/{full.allocations[0].public_id}"]


def text_of(client: Client, path: str, **more: Any) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200, path
    return answer.content.decode()


def figures(page: str) -> dict[str, Any]:
    """The figures a page carries, by the id of their plot."""
    found = re.findall(r'<script id="figure-([\w-]+)" type="application/json">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(text) for name, text in found}


def test_every_page_answers_for_an_installation_at_work(admin: Client, full: Installation) -> None:
    for page in all_pages(full):
        text_of(admin, page)


def test_every_page_answers_for_an_empty_installation_and_says_what_to_do(admin: Client) -> None:
    for page in PAGES:
        main = text_of(admin, page).split("<main", 1)[1]
        assert "None" not in main, page
        assert 'class="empty"' in main, page


def test_an_anonymous_visitor_is_sent_to_the_login(client: Client, db: None) -> None:
    for page in (*PAGES, "/feed?after=0-0", "/fleet/alloc_x", "/endpoints/ep_x"):
        assert client.get(page).headers["Location"].startswith("/login/"), page


def test_the_login_page_says_what_went_wrong_and_keeps_the_name(client: Client, people: dict[str, Any]) -> None:
    answer = client.post("/login/", {"username": "ada", "password": "no"})
    assert "do not go together" in answer.content.decode()
    assert 'value="ada"' in answer.content.decode()


def test_a_member_of_another_project_sees_none_of_it(
    client: Client, people: dict[str, Any], full: Installation
) -> None:
    rows.see(people["viewer"], full.other)
    client.force_login(people["viewer"])
    for page in PAGES:
        seen = text_of(client, page)
        assert "assist-8b" not in seen, page
        assert "notebook" not in seen, page
    assert client.get(f"/endpoints/{full.endpoints[0].public_id}").status_code == 404
    assert client.get(f"/fleet/{full.allocations[0].public_id}").status_code == 404


def test_a_member_sees_the_project_and_not_the_accounts_behind_it(viewer: Client, full: Installation) -> None:
    page = text_of(viewer, "/fleet")
    assert "assist-8b" in page
    assert "sandbox-aws" not in page


def test_the_feed_tells_a_member_only_of_their_projects(viewer: Client, full: Installation) -> None:
    before = events.latest_cursor()
    events.record("allocation.active", subject="alloc_theirs", project=full.other, now=full.now)
    answer = viewer.get(f"/feed?after={before[0]}-{before[1]}")
    assert answer.json()["topics"] == []


def test_the_feed_answers_not_modified_until_something_happens(
    client: Client, django_user_model: Any, transactional_db: None
) -> None:
    client.force_login(django_user_model.objects.create_superuser("root"))
    first = client.get("/feed?after=0-0")
    assert client.get("/feed?after=0-0", headers={"If-None-Match": first["ETag"]}).status_code == 304
    events.record("allocation.active", subject="alloc_x", now=datetime.now(UTC))
    second = client.get("/feed?after=0-0", headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert "allocation.active" in second.json()["topics"]


def test_a_cursor_that_is_none_is_refused_with_a_sentence(admin: Client) -> None:
    for cursor in ["", "x", "1", "1-", "-1-2", "1-2-3", "9" * 50 + "-1", "1-" + "9" * 25, "½-1"]:
        answer = admin.get("/feed", {"after": cursor})
        assert answer.status_code == 400, cursor
        assert "cursor" in answer.content.decode()


def test_a_fragment_says_that_it_is_one_and_carries_no_frame(admin: Client, full: Installation) -> None:
    answer = admin.get("/fleet", headers={"HX-Request": "true"})
    assert answer["X-Purser-Fragment"] == "1"
    assert "<html" not in answer.content.decode()
    assert "assist-8b" in answer.content.decode()
    assert "X-Purser-Fragment" not in admin.get("/fleet")


def test_no_page_holds_a_script_or_a_handler_of_its_own(admin: Client, full: Installation) -> None:
    for page in [*all_pages(full), "/login/"]:
        seen = text_of(admin, page)
        assert not re.search(r"<script(?![^>]*(src=|application/json))", seen), page
        assert not re.search(r"\son\w+=", seen), page
        assert not re.search(r"(src|href)=\"(https?:)?//", seen), page


def test_vendored_scripts_are_the_files_their_hashes_were_taken_of() -> None:
    folder = Path("static/vendor")
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_the_vendored_plotly_is_the_version_the_python_package_speaks() -> None:
    from plotly.offline import get_plotlyjs_version

    assert (Path("static/vendor") / f"plotly-basic-{get_plotlyjs_version()}.min.js").exists()


def test_every_figure_is_one_that_plotly_knows(admin: Client, full: Installation) -> None:
    from plotly import graph_objects as go

    for path in (*PAGES, "/economics", f"/endpoints/{full.endpoints[0].public_id}"):
        for figure in figures(text_of(admin, path)).values():
            go.Figure(figure)  # raises for a word it does not know


def test_a_time_range_that_is_none_is_told_and_the_usual_one_shown(admin: Client, full: Installation) -> None:
    for query in [
        "range=9y",
        "from=x&to=y",
        "from=2026-01-02T00:00Z&to=2026-01-01T00:00Z",
        "from=0001-01-01T00:00Z",
        "to=1",
        "from=%00",
    ]:
        page = text_of(admin, f"/endpoints/{full.endpoints[0].public_id}?{query}")
        assert "Shown: last 3 h" in page, query


def test_a_time_range_is_shared_by_all_charts_and_kept_by_the_links(admin: Client, full: Installation) -> None:
    page = text_of(admin, f"/endpoints/{full.endpoints[0].public_id}?range=24h")
    minutes = {name: figure for name, figure in figures(page).items() if name not in ("cost", "timeline")}
    assert len({tuple(figure["layout"]["xaxis"]["range"]) for figure in minutes.values()}) == 1
    assert 'href="/endpoints?range=24h"' in page


def test_a_filter_that_fits_nothing_is_an_empty_table_never_an_error(admin: Client, full: Installation) -> None:
    for query in [
        "q=%00",
        "cloud=%00",
        "page=0",
        "page=-3",
        "page=99999999999",
        "sort=;drop",
        "state=nope",
        "accelerator=" + "x" * 500,
    ]:
        text_of(admin, f"/fleet?{query}")


def test_what_does_not_exist_is_told_in_a_sentence(admin: Client) -> None:
    for path in ["/fleet?view=nope", "/activity?show=nope", "/fleet/alloc_none", "/endpoints/ep_none", "/nowhere"]:
        answer = admin.get(path)
        assert answer.status_code == 404, path
        assert "There is nothing here" in answer.content.decode()


def test_a_page_of_activity_that_is_none_shows_the_newest(admin: Client, full: Installation) -> None:
    for before in ["x", "-1", "9" * 30, "%00", "²"]:
        assert "assist-8b" in text_of(admin, f"/activity?before={before}"), before


def test_filters_in_the_address_choose_the_rows_and_their_total(admin: Client, full: Installation) -> None:
    page = text_of(admin, "/fleet?accelerator=H100&q=notebook")
    assert "notebook-1" in page
    assert "assist-8b" not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert "Clear 2 filters" in page


def test_beside_endpoints_stand_the_incidents_of_endpoints_only(admin: Client, db: None) -> None:
    for subject in ("acc_one", "ep_one"):
        said = {"kind": "any", "detail": "x", "doing": "y", "now": datetime.now(UTC)}
        incidents.open_incident(subject=subject, **said)
        events.record("incident.opened", subject=subject, now=datetime.now(UTC), data={})
    page = admin.get("/").content.decode()
    assert 'data-incidents="1"' in page
    assert re.search(r'title="Open incidents of endpoints">.*?<span>1</span>', page)


def test_the_total_of_the_fleet_is_the_burn_rate_of_the_money_bar(admin: Client, full: Installation) -> None:
    Instance.objects.create(
        account=full.accounts["aws"],
        provider_id="i-stray",
        cloud="aws",
        region="us-east-1",
        zone="us-east-1b",
        instance_type="g6.xlarge",
        accelerator="L4",
        accelerator_count=1,
        capacity_type="on-demand",
        price_per_hour=Decimal("0.8048"),
        launched_at=full.now,
    )
    page = text_of(admin, "/fleet")
    burn = spending.projection(full.now).burn_per_hour
    total = re.search(r"<tfoot>.*?</tfoot>", page, re.DOTALL)
    assert total
    assert f'<td class="num">{burn:.2f}</td>' in total[0]
    assert f"${burn:.2f} <small>/h</small>" in page


def test_a_machine_whose_bill_follows_the_market_counts_at_the_market_price(admin: Client, full: Installation) -> None:
    from fleet.models import Offering, PricePoint

    on = full.allocations[0]
    full.accounts["aws"].options = {"spot_price_rule": "market"}
    full.accounts["aws"].save()
    rows.machine(full, on, rows.POOLS[0], capacity="spot")
    offering = Offering.objects.get(instance_type__name="g6.xlarge", capacity_type="spot")
    PricePoint.objects.create(
        offering=offering, effective_from=full.now - timedelta(hours=1), price_per_hour=Decimal("9")
    )
    PricePoint.objects.create(
        offering=offering, effective_from=full.now + timedelta(hours=1), price_per_hour=Decimal("99")
    )
    total = re.search(r"<tfoot>.*?</tfoot>", text_of(admin, "/fleet"), re.DOTALL)
    assert total
    assert f'<td class="num">{spending.projection(full.now).burn_per_hour:.2f}</td>' in total[0]


def test_a_gap_in_what_was_measured_is_a_gap_in_the_line(admin: Client, full: Installation) -> None:
    found = figures(text_of(admin, f"/endpoints/{full.endpoints[0].public_id}"))
    for name in ("ttft", "requests", "queue", "machines"):
        line = found[name]["data"][0]
        assert line["connectgaps"] is False
        known = [k for k, value in enumerate(line["y"]) if value is not None]
        assert any(later - earlier > 5 for earlier, later in pairwise(known)), name


def test_the_method_stands_beside_the_percentiles(admin: Client, full: Installation) -> None:
    found = figures(text_of(admin, f"/endpoints/{full.endpoints[0].public_id}"))
    assert "from request records" in [note["text"] for note in found["ttft"]["layout"]["annotations"]]


def test_every_chart_has_a_summary_in_words(admin: Client, full: Installation) -> None:
    page = text_of(admin, f"/endpoints/{full.endpoints[0].public_id}")
    summaries = re.findall(r'class="plot[^>]*aria-label="([^"]+)"', page)
    assert len(summaries) == len(figures(page))
    assert any("p95 now" in summary for summary in summaries)


def test_why_an_allocation_is_as_it_is_names_the_losers_and_their_reasons(admin: Client, full: Installation) -> None:
    page = text_of(admin, f"/fleet/{full.allocations[0].public_id}")
    assert "2 not taken: price" in page
    assert "$13.96/h is over the limit of $2.00/h a machine" in page
    assert "ssh ubuntu@203.0.113." in page


def test_history_that_is_still_read_in_is_told_with_its_progress(admin: Client, full: Installation) -> None:
    Progress.objects.create(name="backfill", done=12, total=30, detail="Day 12 of 30.")
    page = text_of(admin, "/")
    assert "Reading in history: 12 of 30." in page
    assert '<progress max="30" value="12"' in page


def test_names_that_look_like_markup_are_shown_as_text(admin: Client, full: Installation) -> None:
    Allocation.objects.filter(pk=full.allocations[-1].pk).update(
        name="<script>alert(1)</script>", detail="</script><b>"
    )
    for page in ("/fleet", "/", f"/fleet/{full.allocations[-1].public_id}"):
        assert "<script>alert" not in text_of(admin, page)


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        text_of(client, path)
    return len(seen)


def test_a_page_asks_the_database_as_often_for_twice_the_rows(admin: Client, db: None) -> None:
    small = rows.build(datetime.now(UTC), replicas=3, allocations=3, hours=6, minutes=30)
    paths = ["/", "/fleet", "/endpoints", "/activity", "/activity?show=decisions"]
    before = {path: queries_of(admin, path) for path in paths}
    endpoint = queries_of(admin, f"/endpoints/{small.endpoints[0].public_id}")
    for k in range(12):
        rows.bare_allocation(small, f"more-{k}", k)
    serving.endpoint(small, "more-8b", rows.POOLS[0], 9, 0.2, hours=6, minutes=30)
    for path, count in before.items():
        assert queries_of(admin, path) <= count, path
    assert queries_of(admin, f"/endpoints/{small.endpoints[-1].public_id}") <= endpoint
