"""What Azure costs by its list of retail prices. A price of which there are two is no price."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from fleet.providers.listed import Listed, only_one

PRICES_URL = "https://prices.azure.com"
PATH = "/api/retail/prices"


def price_filter(region: str, size: str) -> str:
    """By the size's own name: the other names of it are spelt in several ways."""
    parts = {"serviceName": "Virtual Machines", "armRegionName": region, "armSkuName": size, "priceType": "Consumption"}
    return " and ".join(f"{name} eq '{value}'" for name, value in parts.items())


def read_page(text: str) -> tuple[list[dict[str, Any]], str]:
    """Rows, and the link to the next page. Raises ValueError or TypeError for what is no page."""
    page = json.loads(text, parse_float=Decimal)
    rows = page["Items"]
    if not isinstance(rows, list):
        raise TypeError("the list of prices has no rows")
    return rows, str(page.get("NextPageLink") or "")


def list_prices(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[Listed, str]]:
    """Size and capacity type -> price an hour with its row, and its currency. Of several rows, or none: no price."""
    found: dict[tuple[str, str], list[tuple[Decimal, str]]] = defaultdict(list)
    currencies: dict[tuple[str, str], str] = {}
    for row in rows:
        if market := _market(row):
            key = (str(row["armSkuName"]), market)
            found[key].append((Decimal(str(row["retailPrice"])), _named(row)))
            currencies[key] = str(row["currencyCode"])
    return {key: (only_one(prices), currencies[key]) for key, prices in found.items()}


def _named(row: Mapping[str, Any]) -> str:
    """The row's own ids, where it has them."""
    return " ".join(str(row[name]) for name in ("skuId", "meterId") if row.get(name)) or str(row["meterName"])


def _market(row: Mapping[str, Any]) -> str:
    """How a row is sold; empty when it is no Linux machine by the hour. Windows has the same name of a meter."""
    names = f"{row['skuName']} {row['meterName']}"
    if row["type"] != "Consumption" or row["unitOfMeasure"] != "1 Hour" or "Low Priority" in names:
        return ""
    if str(row["productName"]).endswith("Windows"):
        return ""
    return "spot" if "Spot" in names else "on-demand"
