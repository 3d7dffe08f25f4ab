"""Every page there is, found in the URLconf: where each is looked at, or why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest

from billing.models import TokenUsage
from billing.services import metering
from fleet.models import (
    FleetLaunch,
    Instance,
    LaunchResult,
    Periodic,
    PricePoint,
    Quota,
    ReferencePrice,
    TerminationFact,
    UnclassifiedSignal,
)
from fleet.models import Installation as Switches
from fleet.services import audit
from inference.models import Decision
from tests import factories
from tests.billing.factories import usage_event
from tests.pages import rows
from tests.security import estate as estates
from tests.security.estate import Estate
from tests.security.routes import ADMIN, PAGE_RULES, PAGES, PUBLIC, address

ROW = "<path:object_id>/"
# Served to somebody who asks with GET, and no page.
NOT_PAGES = {
    "feed": "JSON: what has changed since",
    "healthz": "text for a load balancer",
    "readyz": "JSON for a load balancer",
    "metrics": "text for Prometheus",
    "static/<path>": "files",
    "login/oidc/": "leads to the identity provider",
    "login/oidc/callback/": "leads to the console",
    "logout/": "only by POST",
    "admin/logout/": "only by POST",
    "admin/jsi18n/": "a script",
    "admin/autocomplete/": "JSON",
    "admin/password_change/": "leads to Settings, You",
    "admin/password_change/done/": "comes after a page that is not used",
    "admin/r/<path:content_type_id>/<path:object_id>/": "leads to an object's page",
    "admin/<url>": "leads to the address with a slash, or is not found",
}
# Looked at by the test of that file's signing in, on its way there.
ON_THE_WAY = {
    "login/code/": "test_every_page_of_signing_in_is_clean_in_both_themes_and_on_a_phone",
    "login/password/<uidb64>/<token>/": "test_every_page_of_signing_in_is_clean_in_both_themes_and_on_a_phone",
}
# Looked at by nobody in particular.
OUTSIDE = {
    "login/": "/login/",
    "login/inactive/": "/login/inactive/",
    "admin/login/": "/admin/login/",
    "api/problems/<slug:code>": "/api/problems/budget",
}
# Beside the routes, states of pages that look different.
STATES = (
    "/fleet?accelerator=H100", "/search?q=assist", "/search?q=zzzz", "/api/docs?q=ttft", "/api/docs?q=zzzz",
    "/settings/tokens?ended=1", "/activity?kind=decisions", "/nowhere",
)  # fmt: skip


# One template draws the history of every noun: looked at with events and without.
HISTORIES = (Quota, PricePoint)
SOMEBODY = HttpRequest()
SOMEBODY.user = User(is_active=True, is_staff=True, is_superuser=True)


def console() -> list[str]:
    """The routes of the console's pages."""
    return [route for route in PAGES if route not in NOT_PAGES and PAGE_RULES[route].get]


def bare() -> list[str]:
    """Addresses that name no row, so that they can be looked at while there is nothing."""
    return [f"/{route}{PAGE_RULES[route].query}" for route in console() if "<" not in route]


def left_over() -> list[str]:
    """The routes that neither a walk reaches nor somebody has named."""
    served = [route for route in PAGES if PAGE_RULES[route].get] + list(PUBLIC) + ADMIN
    known = {*console(), *OUTSIDE, *ON_THE_WAY, *NOT_PAGES, *admins(), "admin/<app_label>/"}
    known |= {route for route in ADMIN if route.endswith(f"/{ROW}")}  # each leads to …/change/
    known |= {route for route in ADMIN if route.endswith(f"/{ROW}history/")}  # see HISTORIES
    known |= {route for route in ADMIN if route.endswith(("/add/", "/delete/"))}  # nobody may, or see admins()
    return sorted(set(served) - known)


def at_work() -> Estate:
    """One of everything, of which the endpoint, its machines and its decisions have a life behind them."""
    made, full = estates.build(), rows.build(datetime.now(UTC), hours=3, minutes=10)
    endpoint = full.endpoints[0]
    slot = full.allocations[0].slots.open().get(ordinal=1)
    _facts(made, full)
    spare = factories.model()
    return replace(
        made,
        endpoint=endpoint,
        allocation=next(row for row in full.allocations if not row.endpoint_ref),
        slot=slot,
        decision=Decision.objects.filter(endpoint=endpoint).order_by("id")[0],
        model=spare,
        serving_config=factories.serving_config(spare),
    )


def _facts(made: Estate, full: rows.Installation) -> None:
    """What the installation itself writes down."""
    Switches.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    audit.seal()
    audit.check(now=full.now)
    Instance.objects.filter(launched_at__lt=full.now - rows.HOUR).update(launched_at=full.now - rows.HOUR)
    metering.meter(full.now, at_once=True)
    Periodic.objects.create(name="fleet.reconcile", every_seconds=1, last_sent_at=full.now)
    PricePoint.objects.create(offering=made.offering, effective_from=full.now, price_per_hour=Decimal("0.8048"))
    ReferencePrice.objects.create(
        cloud="aws", instance_type="p5.48xlarge", region="us-east-1", capacity_type="on-demand",
        price_per_hour=Decimal("55.04"), file_name="vms.csv", file_sha256="0" * 64, line=2, imported_at=full.now,
    )  # fmt: skip
    LaunchResult.objects.create(attempt=made.attempt, provider_id="i-000001", answer={"state": "pending"})
    FleetLaunch.objects.create(
        account=made.attempt.account, size=2, whole=False, frozen_params={}, params_hash="0" * 64,
        client_token="fleet-token", created_at=full.now,
    )  # fmt: skip
    UnclassifiedSignal.objects.create(
        cloud="aws", code="NewErrorCode", message="Not now.", times=3, first_seen_at=full.now, last_seen_at=full.now
    )
    TerminationFact.objects.create(instance=made.instance, outcome="not-found")
    usage_event(full.endpoints[0], 0, asker=full.mine, output=900, given=4_000)
    TokenUsage.objects.create(
        hour=full.now.replace(minute=0), endpoint_ref=full.endpoints[0].public_id, kind="output", tokens=460_000
    )


def addresses(made: Estate) -> list[str]:
    return [address(route, made) + PAGE_RULES[route].query for route in console()]


def admins() -> dict[str, type[Model] | None]:
    """The routes of the admin's pages, and whose row each is about."""
    found: dict[str, type[Model] | None] = {"admin/": None}
    for noun, by in admin.site._registry.items():
        base = f"admin/{noun._meta.app_label}/{noun._meta.model_name}/"
        found |= {base: None, f"{base}{ROW}change/": noun}
        found |= {f"{base}{ROW}history/": noun} if noun in HISTORIES else {}
        found |= {f"{base}add/": None} if by.has_add_permission(SOMEBODY) else {}
        found |= {f"{base}{ROW}delete/": noun} if by.has_delete_permission(SOMEBODY) else {}
    return found | {"admin/fleet/offering/import/": None, "admin/auth/user/<id>/password/": User}


def of_admin() -> Iterator[str]:
    """The admin's addresses: lists, forms and histories, each about the newest row."""
    yield from (f"/admin/{name}/" for name in ("fleet", "inference", "billing", "auth"))
    for route, noun in admins().items():
        if noun is None:
            yield f"/{route}"
        else:
            row = noun.objects.order_by("pk").last()  # type: ignore[attr-defined]
            assert row is not None, f"/{route}: let at_work() make a {noun.__name__}"
            yield "/" + re.sub(r"<[^>]+>", str(row.pk), route)
