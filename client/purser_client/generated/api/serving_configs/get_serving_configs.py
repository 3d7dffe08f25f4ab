from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_serving_configs_ordering import GetServingConfigsOrdering
from ...models.serving_config_page import ServingConfigPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    limit: int | Unset = 50,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetServingConfigsOrdering | Unset = UNSET,
    quantization: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    params["limit"] = limit

    params["model"] = model

    params["name"] = name

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["quantization"] = quantization

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/serving-configs",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ServingConfigPage | None:
    if response.status_code == 200:
        response_200 = ServingConfigPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ServingConfigPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    limit: int | Unset = 50,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetServingConfigsOrdering | Unset = UNSET,
    quantization: str | Unset = UNSET,
) -> Response[ServingConfigPage]:
    """Ways to serve the models you may serve, newest first

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        limit (int | Unset):  Default: 50.
        model (str | Unset):
        name (str | Unset):
        ordering (GetServingConfigsOrdering | Unset):
        quantization (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ServingConfigPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        limit=limit,
        model=model,
        name=name,
        ordering=ordering,
        quantization=quantization,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    limit: int | Unset = 50,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetServingConfigsOrdering | Unset = UNSET,
    quantization: str | Unset = UNSET,
) -> ServingConfigPage | None:
    """Ways to serve the models you may serve, newest first

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        limit (int | Unset):  Default: 50.
        model (str | Unset):
        name (str | Unset):
        ordering (GetServingConfigsOrdering | Unset):
        quantization (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ServingConfigPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        limit=limit,
        model=model,
        name=name,
        ordering=ordering,
        quantization=quantization,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    limit: int | Unset = 50,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetServingConfigsOrdering | Unset = UNSET,
    quantization: str | Unset = UNSET,
) -> Response[ServingConfigPage]:
    """Ways to serve the models you may serve, newest first

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        limit (int | Unset):  Default: 50.
        model (str | Unset):
        name (str | Unset):
        ordering (GetServingConfigsOrdering | Unset):
        quantization (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ServingConfigPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        limit=limit,
        model=model,
        name=name,
        ordering=ordering,
        quantization=quantization,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    limit: int | Unset = 50,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetServingConfigsOrdering | Unset = UNSET,
    quantization: str | Unset = UNSET,
) -> ServingConfigPage | None:
    """Ways to serve the models you may serve, newest first

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        limit (int | Unset):  Default: 50.
        model (str | Unset):
        name (str | Unset):
        ordering (GetServingConfigsOrdering | Unset):
        quantization (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ServingConfigPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            limit=limit,
            model=model,
            name=name,
            ordering=ordering,
            quantization=quantization,
        )
    ).parsed
