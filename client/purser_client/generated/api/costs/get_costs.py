import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.costs_out import CostsOut
from ...models.get_costs_by import GetCostsBy
from ...models.get_costs_step import GetCostsStep
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    by: GetCostsBy | Unset = "endpoint",
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    step: GetCostsStep | Unset = "day",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by

    params["by"] = json_by

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["project"] = project

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    json_step: str | Unset = UNSET
    if not isinstance(step, Unset):
        json_step = step

    params["step"] = json_step

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/costs",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CostsOut | None:
    if response.status_code == 200:
        response_200 = CostsOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CostsOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    by: GetCostsBy | Unset = "endpoint",
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    step: GetCostsStep | Unset = "day",
) -> Response[CostsOut]:
    """Costs by hour or day; the items add up to the ledger

    Args:
        by (GetCostsBy | Unset):  Default: 'endpoint'.
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):
        step (GetCostsStep | Unset):  Default: 'day'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CostsOut]
    """

    kwargs = _get_kwargs(
        by=by,
        end=end,
        endpoint=endpoint,
        project=project,
        start=start,
        step=step,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    by: GetCostsBy | Unset = "endpoint",
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    step: GetCostsStep | Unset = "day",
) -> CostsOut | None:
    """Costs by hour or day; the items add up to the ledger

    Args:
        by (GetCostsBy | Unset):  Default: 'endpoint'.
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):
        step (GetCostsStep | Unset):  Default: 'day'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CostsOut
    """

    return sync_detailed(
        client=client,
        by=by,
        end=end,
        endpoint=endpoint,
        project=project,
        start=start,
        step=step,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    by: GetCostsBy | Unset = "endpoint",
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    step: GetCostsStep | Unset = "day",
) -> Response[CostsOut]:
    """Costs by hour or day; the items add up to the ledger

    Args:
        by (GetCostsBy | Unset):  Default: 'endpoint'.
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):
        step (GetCostsStep | Unset):  Default: 'day'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CostsOut]
    """

    kwargs = _get_kwargs(
        by=by,
        end=end,
        endpoint=endpoint,
        project=project,
        start=start,
        step=step,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    by: GetCostsBy | Unset = "endpoint",
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    step: GetCostsStep | Unset = "day",
) -> CostsOut | None:
    """Costs by hour or day; the items add up to the ledger

    Args:
        by (GetCostsBy | Unset):  Default: 'endpoint'.
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):
        step (GetCostsStep | Unset):  Default: 'day'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CostsOut
    """

    return (
        await asyncio_detailed(
            client=client,
            by=by,
            end=end,
            endpoint=endpoint,
            project=project,
            start=start,
            step=step,
        )
    ).parsed
