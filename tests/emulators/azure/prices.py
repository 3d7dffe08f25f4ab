"""The list of retail prices, which everybody may read. It has traps: Linux and Windows share the name of the meter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.emulators.azure import catalogue
from tests.emulators.azure.wire import Address
from tests.emulators.faults import Reply, Request

PATH = "/api/retail/prices"
LARGEST_PAGE = 100
FIELDS = {"serviceName", "armRegionName", "armSkuName", "priceType", "productName", "skuName", "meterName"}
_CLAUSE = re.compile(r"\s*(\w+) eq '([^']*)'\s*")


def prices(request: Request) -> Reply:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        asked = _filter(query.get("$filter", ""))
        start = int(query.get("$skip") or 0)
    except ValueError as error:
        told = {"Error": {"Code": "BadRequest", "Message": f"Invalid OData parameters supplied: {error}"}}
        return Reply(400, json.dumps(told).encode(), {"Content-Type": "application/json"})
    rows = [row for row in _rows() if asked(row)]
    address = Address.of(request)
    end = start + min(address.page_size, LARGEST_PAGE)
    following = None
    if end < len(rows):
        where = urlencode({**query, "$skip": end}, quote_via=quote)
        following = f"https://{request.headers['host']}{address.prefix}{PATH}?{where}"
    told = {
        "BillingCurrency": "USD",
        "CustomerEntityId": "Default",
        "CustomerEntityType": "Retail",
        "Items": rows[start:end],
        "NextPageLink": following,
        "Count": len(rows[start:end]),
    }
    return Reply(200, json.dumps(told).encode(), {"Content-Type": "application/json; charset=utf-8"})


def _filter(text: str) -> Callable[[dict[str, Any]], bool]:
    """Clauses with `and` between them. Raises ValueError for what is none."""
    clauses = [_CLAUSE.fullmatch(clause) for clause in text.split(" and ")] if text else []
    wanted = {}
    for clause in clauses:
        if clause is None or clause[1] not in FIELDS:
            raise ValueError(text)
        wanted["type" if clause[1] == "priceType" else clause[1]] = clause[2]
    return lambda row: all(row[field] == value for field, value in wanted.items())


def _rows() -> list[dict[str, Any]]:
    return [row for region in catalogue.ZONES for size in catalogue.sold(region) for row in _of(region, size)]


def _of(region: str, size: catalogue.Size) -> list[dict[str, Any]]:
    """The rows of one size: on demand, spot and low priority, for Linux and for Windows, and what else there is."""
    short = size.name.removeprefix("Standard_").replace("_", " ")
    series = f"Virtual Machines {size.family.removesuffix('Family')} Series"
    dear = size.price + Decimal("0.046") * size.vcpus
    rows = []
    for product, price in ((series, size.price), (f"{series} Windows", dear)):
        spot = (price * Decimal("0.37")).quantize(Decimal("0.000001"))
        rows.append(_row(region, size, product, short, short, price))
        rows.append(_row(region, size, product, f"{short} Spot", f"{short} Spot", spot))
        low = (price * Decimal("0.2")).quantize(Decimal("0.000001"))
        rows.append(_row(region, size, product, f"{short} Low Priority", f"{short} Low Priority", low))
    rows.append({**_row(region, size, f"{series} Windows", short, short, size.price), "type": "DevTestConsumption"})
    term = _row(region, size, series, short, short, size.price * 5000)
    rows.append({**term, "type": "Reservation", "reservationTerm": "1 Year"})
    return rows


def _row(region: str, size: catalogue.Size, product: str, sku: str, meter: str, price: Decimal) -> dict[str, Any]:
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": float(price),
        "unitPrice": float(price),
        "armRegionName": region,
        "location": catalogue.LONG_NAMES[region],
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "meterId": f"meter-{region}-{meter}".replace(" ", "-"),
        "meterName": meter,
        "productId": f"product-{product}".replace(" ", "-"),
        "skuId": f"sku-{product}-{sku}".replace(" ", "-"),
        "productName": product,
        "skuName": sku,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": size.name,
    }
