"""A month of everything measured and billed: rows by the hundred thousand, which PostgreSQL multiplies itself.

One `INSERT ... SELECT` for each table over the parents that `bench/estate.py` made, with sketches drawn from a small
set of real ones.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from billing.models import AllocatedCost, CostPerToken, LedgerEntry, UsageInterval
from fleet.models import Project
from inference.domain import sketch
from inference.models import HourWindow, MachineHourWindow, MachineWindow, Window

SHAPES = 40  # different sketches of each metric
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def history(project: Project, now: datetime, *, days: int, minutes: int, draw: random.Random) -> None:
    """Of every endpoint, replica and machine there is: `days` of hours, and the last `minutes` by the minute."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    minute = now.replace(second=0, microsecond=0)
    hours = f"generate_series('{hour - days * 24 * HOUR}'::timestamptz, '{hour}', '1 hour') AS at"
    recent = f"generate_series('{minute - minutes * MINUTE}'::timestamptz, '{minute}', '1 minute') AS at"
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        _shapes(cursor, draw)
        _windows(cursor, HourWindow, hours, scale=60)
        _windows(cursor, Window, recent, scale=1)
        _machine_windows(cursor, hours, recent)
        _bill(cursor, hours, project)
        cursor.execute(
            "INSERT INTO billing_postedmonth (month, project_id, cloud, endpoint_ref, currency, amount)"
            " SELECT date_trunc('month', hour), project_id, cloud, endpoint_ref, currency, sum(amount)"
            " FROM billing_usageinterval GROUP BY 1, 2, 3, 4, 5"
        )
        cursor.execute(
            "INSERT INTO billing_hourlyspend (hour, project_id, cloud, kind, currency, amount)"
            " SELECT hour, project_id, cloud, kind, currency, sum(amount) FROM billing_allocatedcost"
            " GROUP BY 1, 2, 3, 4, 5"
        )


def _shapes(cursor: Any, draw: random.Random) -> None:
    """A table of real sketches of 60 requests each."""
    cursor.execute("CREATE TEMP TABLE shape (n int PRIMARY KEY, ttft bytea, itl bytea, e2e bytea)")
    for n in range(SHAPES):
        ttft = [draw.lognormvariate(6, 0.5) for _ in range(60)]
        itl = [draw.uniform(25, 70) for _ in range(60)]
        e2e = [value + draw.uniform(4_000, 20_000) for value in ttft]
        cursor.execute("INSERT INTO shape VALUES (%s, %s, %s, %s)", [n, *(sketch.build(v) for v in (ttft, itl, e2e))])


def _windows(cursor: Any, table: type[models.Model], times: str, *, scale: int) -> None:
    minutes = {"minutes": "60"} if table is HourWindow else {"rolled": "true"}
    counted = {
        "start": "at",
        "requests": str(60 * scale),
        "input_tokens": str(52_000 * scale),
        "output_tokens": str(7_800 * scale),
        "cached_input_tokens": str(21_000 * scale),
        **minutes,
    }
    pick = f"JOIN shape ON shape.n = mod(e.id + extract(epoch FROM at)::bigint / 60, {SHAPES})"
    sketches = {"ttft_sketch": "shape.ttft", "itl_sketch": "shape.itl", "e2e_sketch": "shape.e2e"}
    _spread(
        cursor,
        table,
        f"inference_endpoint e CROSS JOIN {times} {pick}",
        endpoint_id="e.id",
        source="'events'",
        **counted,
        **sketches,
    )
    gauges = {
        "running_mean": "8 + 4 * sin(extract(epoch FROM at) / 9000)",
        "running_max": "14",
        "waiting_mean": "0.4",
        "waiting_max": "3",
        "kv_usage_mean": "0.41",
        "kv_usage_max": "0.62",
        "scrapes": str(30 * scale),
    }
    _spread(
        cursor,
        table,
        f"inference_replica r CROSS JOIN {times}",
        endpoint_id="r.endpoint_id",
        replica_id="r.id",
        source="'scrape'",
        **counted,
        **gauges,
    )


def _machine_windows(cursor: Any, hours: str, recent: str) -> None:
    ratios = {"start": "at", "samples": "30", "busy_ratio": "0.6", "tensor_ratio": "0.3", "memory_ratio": "0.88"}
    _spread(cursor, MachineHourWindow, f"fleet_instance i CROSS JOIN {hours}", instance_id="i.id", **ratios)
    _spread(cursor, MachineWindow, f"fleet_instance i CROSS JOIN {recent}", instance_id="i.id", rolled="true", **ratios)


def _bill(cursor: Any, hours: str, project: Project) -> None:
    """Usage intervals, both sides of the ledger, shares by purpose and the price of tokens, hour by hour."""
    owned = f"""fleet_instance i JOIN fleet_slot s ON s.id = i.slot_id JOIN fleet_allocation a ON a.id = s.allocation_id
        JOIN fleet_cloudaccount c ON c.id = i.account_id CROSS JOIN {hours}"""
    common = {
        "hour": "at",
        "period": "tstzrange(at, at + interval '1 hour')",
        "instance_id": "i.id",
        "cloud": "i.cloud",
        "project_id": str(project.pk),
        "endpoint_ref": "a.endpoint_ref",
        "currency": "'USD'",
        "kind": "'machine'",
        "price_per_hour": "i.price_per_hour",
        "price_source": "'launch'",
    }
    _spread(cursor, UsageInterval, owned, amount="i.price_per_hour", **common)
    sides = f"{owned} CROSS JOIN (VALUES (1, 'cost:bench'), (-1, 'payable:bench')) AS side (sign, account)"
    one = "md5(i.id::text || at::text)::uuid"
    # Every transaction adds up to zero by making; to check half a million of them takes minutes.
    cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER USER")
    _spread(
        cursor,
        LedgerEntry,
        sides,
        transaction_id=one,
        account="side.account",
        amount="side.sign * i.price_per_hour",
        **common,
    )
    cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER USER")
    shares = f"""fleet_allocation a CROSS JOIN {hours}
        CROSS JOIN (VALUES ('serving', 0.6), ('idle', 0.4)) AS part (kind, share)
        JOIN LATERAL (SELECT min(i.cloud) AS cloud, sum(i.price_per_hour) AS price FROM fleet_instance i
        JOIN fleet_slot s ON s.id = i.slot_id WHERE s.allocation_id = a.id) AS m ON true"""
    _spread(
        cursor,
        AllocatedCost,
        shares,
        hour="at",
        project_id="a.project_id",
        allocation_id="a.id",
        cloud="m.cloud",
        endpoint_ref="a.endpoint_ref",
        kind="part.kind",
        amount="m.price * part.share",
        currency="'USD'",
        seconds="3600 * part.share",
        accelerator_seconds="3600 * part.share",
        method="'busy-ratio'",
        completeness="1",
    )
    prices = f"""fleet_allocation a CROSS JOIN {hours} JOIN LATERAL (SELECT sum(i.price_per_hour) AS price
        FROM fleet_instance i JOIN fleet_slot s ON s.id = i.slot_id WHERE s.allocation_id = a.id) AS m ON true"""
    _spread(
        cursor,
        CostPerToken,
        prices,
        hour="at",
        endpoint_ref="a.endpoint_ref",
        project_id="a.project_id",
        amount="m.price",
        currency="'USD'",
        input_tokens="1860000",
        cached_input_tokens="1260000",
        output_tokens="468000",
        cost_per_million="m.price / 3.588",
        method="'allocated, events'",
        completeness="1",
        until="at + interval '1 hour'",
        closed="true",
    )


def _spread(cursor: Any, table: type[models.Model], multiplied: str, /, **given: str) -> None:
    """INSERT … SELECT: the columns given as SQL, all others at their model's defaults."""
    columns, expressions, parameters = [], [], []
    for field in table._meta.concrete_fields:
        column = str(field.column)
        if column in given:
            columns.append(column)
            expressions.append(given[column])
        elif not (field.primary_key or field.has_db_default()):
            columns.append(column)
            expressions.append("%s")
            parameters.append(field.get_db_prep_save(field.get_default(), connection))
    names, values = ", ".join(f'"{column}"' for column in columns), ", ".join(expressions)
    cursor.execute(f'INSERT INTO "{table._meta.db_table}" ({names}) SELECT {values} FROM {multiplied}', parameters)
