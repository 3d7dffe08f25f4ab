import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_endpoint_series_metric import GetEndpointSeriesMetric
from ...models.series_out import SeriesOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    end: datetime.datetime | Unset = UNSET,
    metric: GetEndpointSeriesMetric | Unset = "requests_per_second",
    start: datetime.datetime | Unset = UNSET,
    step: int | Unset = 300,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    json_metric: str | Unset = UNSET
    if not isinstance(metric, Unset):
        json_metric = metric

    params["metric"] = json_metric

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params["step"] = step

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/endpoints/{public_id}/series".format(
            public_id=quote(str(public_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SeriesOut | None:
    if response.status_code == 200:
        response_200 = SeriesOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SeriesOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    end: datetime.datetime | Unset = UNSET,
    metric: GetEndpointSeriesMetric | Unset = "requests_per_second",
    start: datetime.datetime | Unset = UNSET,
    step: int | Unset = 300,
) -> Response[SeriesOut]:
    """One figure of an endpoint by time step

    Args:
        public_id (str):
        end (datetime.datetime | Unset):
        metric (GetEndpointSeriesMetric | Unset):  Default: 'requests_per_second'.
        start (datetime.datetime | Unset):
        step (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SeriesOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        end=end,
        metric=metric,
        start=start,
        step=step,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    end: datetime.datetime | Unset = UNSET,
    metric: GetEndpointSeriesMetric | Unset = "requests_per_second",
    start: datetime.datetime | Unset = UNSET,
    step: int | Unset = 300,
) -> SeriesOut | None:
    """One figure of an endpoint by time step

    Args:
        public_id (str):
        end (datetime.datetime | Unset):
        metric (GetEndpointSeriesMetric | Unset):  Default: 'requests_per_second'.
        start (datetime.datetime | Unset):
        step (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SeriesOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        end=end,
        metric=metric,
        start=start,
        step=step,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    end: datetime.datetime | Unset = UNSET,
    metric: GetEndpointSeriesMetric | Unset = "requests_per_second",
    start: datetime.datetime | Unset = UNSET,
    step: int | Unset = 300,
) -> Response[SeriesOut]:
    """One figure of an endpoint by time step

    Args:
        public_id (str):
        end (datetime.datetime | Unset):
        metric (GetEndpointSeriesMetric | Unset):  Default: 'requests_per_second'.
        start (datetime.datetime | Unset):
        step (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SeriesOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        end=end,
        metric=metric,
        start=start,
        step=step,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    end: datetime.datetime | Unset = UNSET,
    metric: GetEndpointSeriesMetric | Unset = "requests_per_second",
    start: datetime.datetime | Unset = UNSET,
    step: int | Unset = 300,
) -> SeriesOut | None:
    """One figure of an endpoint by time step

    Args:
        public_id (str):
        end (datetime.datetime | Unset):
        metric (GetEndpointSeriesMetric | Unset):  Default: 'requests_per_second'.
        start (datetime.datetime | Unset):
        step (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SeriesOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            end=end,
            metric=metric,
            start=start,
            step=step,
        )
    ).parsed
