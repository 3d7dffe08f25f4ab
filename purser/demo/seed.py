"""Putting the demo's world into an empty database, by the same services everybody uses."""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from fleet.domain.demand import AllocationSpec, Demand, Need
from fleet.models import CloudAccount, Membership, Project, Role
from fleet.services import access, allocations, catalog, clock, limits, tokens
from fleet.services.access import Caller
from inference.services.endpoints import EndpointSpec, create_endpoint
from inference.services.variants import register_model, register_serving_config
from purser.demo.sandbox_client import SandboxClient

WORLD = Path(__file__).with_name("world.toml")
CLOUDS = ("aws", "gcp", "azure")
CREDENTIAL = "env:SANDBOX_CREDENTIAL"
TRACE_ENDPOINT = "assist-8b"


def seed(sandbox: SandboxClient, *, url: str, trace: dict[str, Any] | None) -> dict[str, Any]:
    """Everything the demo starts with. Returns the login, the tokens and what the router is to be told."""
    with WORLD.open("rb") as file:
        world = tomllib.load(file)
    _set_clock(sandbox)
    user, password = _user()
    projects = _projects(world, user)
    _accounts(sandbox)
    now = clock.business_now()
    _limits(world, projects, access.caller_of_user(user), now)
    _models(world, now)
    endpoints = _endpoints(world, projects, now, trace)
    if trace is None:
        for pool in world["stock"]:
            sandbox.call("POST", f"clouds/{pool['cloud']}/stock", {k: v for k, v in pool.items() if k != "cloud"})
        for wanted in world["allocation"]:
            _allocation(wanted, projects[wanted["project"]], now)
    real = datetime.now(UTC)
    _, for_scripts = tokens.issue_token(
        project=projects["assistants"], issuer=user, name="demo scripts", scopes=["read", "write", "usage"], now=real
    )
    _, for_router = tokens.issue_token(
        project=projects["assistants"], issuer=user, name="demo router", scopes=["read", "usage"], now=real
    )
    router = {"purser_url": url, "api_token": for_router, "weights_poll_seconds_real": 0.25, "endpoints": endpoints}
    return {"username": user.username, "password": password, "api_token": for_scripts, "router": router}


def _set_clock(sandbox: SandboxClient) -> None:
    """Purser lives on the sandbox's clock."""
    times = sandbox.call("GET", "clock")
    clock.set_clock(
        epoch=datetime.fromisoformat(times["epoch"]),
        anchored_at=datetime.fromisoformat(times["started_at"]),
        factor=float(times["time_factor"]),
    )


def _user() -> tuple[User, str]:
    password = secrets.token_urlsafe(12)
    return User.objects.create_superuser("demo", password=password), password


def _projects(world: dict[str, Any], user: User) -> dict[str, Project]:
    made = {}
    for wanted in world["project"]:
        project = Project.objects.create(slug=wanted["slug"], name=wanted["name"])
        Membership.objects.create(project=project, user=user, role=Role.ADMIN)
        made[project.slug] = project
    return made


def _accounts(sandbox: SandboxClient) -> None:
    for cloud in CLOUDS:
        account = CloudAccount.objects.create(
            cloud=cloud,
            provider="sandbox",
            name=f"sandbox-{cloud}",
            credentials_ref=CREDENTIAL,
            options={"url": sandbox.url},
        )
        if not catalog.sync_account(account, now=clock.business_now()):
            account.refresh_from_db()
            raise RuntimeError(f"{account.name} could not be read: {account.last_error}")


def _limits(world: dict[str, Any], projects: dict[str, Project], by: Caller, now: datetime) -> None:
    for quota in world["quota"]:
        limits.create_quota(
            project=projects[quota["project"]], by=by, now=now, max_accelerators=quota["max_accelerators"]
        )
    for budget in world["budget"]:
        limits.create_budget(
            project=projects.get(budget.get("project", "")),
            by=by,
            now=now,
            cap_per_hour=Decimal(budget["cap_per_hour"]),
            cap_per_month=Decimal(budget["cap_per_month"]),
        )


def _models(world: dict[str, Any], now: datetime) -> None:
    models = {
        m["name"]: register_model(project=None, name=m["name"], config=m["config"], now=now) for m in world["model"]
    }
    for wanted in world["serving_config"]:
        register_serving_config(model=models[wanted.pop("model")], name=wanted.pop("name"), now=now, **wanted)


def _endpoints(
    world: dict[str, Any], projects: dict[str, Project], now: datetime, trace: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Create them; what the router is to send to each. With a trace only its endpoint exists."""
    known = {field.name for field in fields(EndpointSpec)}
    told = []
    for wanted in world["endpoint"]:
        if trace is not None and wanted["name"] != TRACE_ENDPOINT:
            continue
        if trace is not None:
            # The trace is counted request by request, so its machines are of the kind no cloud takes back.
            wanted["capacity_types"] = ["on-demand"]
        values: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in wanted.items() if key in known
        }
        endpoint = create_endpoint(
            project=projects[wanted["project"]], spec=EndpointSpec(**values), requested_by="demo", now=now
        )
        traffic = trace or {"kind": "generator", **wanted["traffic"]}
        told.append({"endpoint": endpoint.public_id, "name": endpoint.name, "traffic": traffic})
    return told


def _allocation(wanted: dict[str, Any], project: Project, now: datetime) -> None:
    demand = Demand(
        accelerator_count=wanted["accelerator_count"],
        accelerator=wanted.get("accelerator", ""),
        need=Need(**wanted["need"]) if "need" in wanted else None,
        gang=wanted.get("gang", False),
        clouds=tuple(wanted.get("clouds", ())),
        capacity_types=tuple(wanted.get("capacity_types", ())),
    )
    spec = AllocationSpec(
        wanted["name"],
        demand,
        startup_script=wanted.get("startup_script", ""),
        ports=tuple(wanted.get("ports", ())),
        labels=wanted.get("labels", {}),
        ttl=_minutes(wanted.get("ttl_minutes")),
        idle_release=_minutes(wanted.get("idle_release_minutes")),
    )
    allocations.request_allocation(project=project, spec=spec, requested_by="demo", now=now)


def _minutes(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(minutes=number)
