from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_price_rules_kind import GetPriceRulesKind
from ...models.get_price_rules_ordering import GetPriceRulesOrdering
from ...models.price_rule_page import PriceRulePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPriceRulesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPriceRulesOrdering | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["account"] = account

    params["cloud"] = cloud

    params["cursor"] = cursor

    json_kind: str | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = kind

    params["kind"] = json_kind

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/price-rules",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PriceRulePage | None:
    if response.status_code == 200:
        response_200 = PriceRulePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PriceRulePage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPriceRulesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPriceRulesOrdering | Unset = UNSET,
) -> Response[PriceRulePage]:
    """The price book, line by line

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        kind (GetPriceRulesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPriceRulesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PriceRulePage]
    """

    kwargs = _get_kwargs(
        account=account,
        cloud=cloud,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPriceRulesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPriceRulesOrdering | Unset = UNSET,
) -> PriceRulePage | None:
    """The price book, line by line

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        kind (GetPriceRulesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPriceRulesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PriceRulePage
    """

    return sync_detailed(
        client=client,
        account=account,
        cloud=cloud,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPriceRulesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPriceRulesOrdering | Unset = UNSET,
) -> Response[PriceRulePage]:
    """The price book, line by line

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        kind (GetPriceRulesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPriceRulesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PriceRulePage]
    """

    kwargs = _get_kwargs(
        account=account,
        cloud=cloud,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPriceRulesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPriceRulesOrdering | Unset = UNSET,
) -> PriceRulePage | None:
    """The price book, line by line

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        kind (GetPriceRulesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPriceRulesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PriceRulePage
    """

    return (
        await asyncio_detailed(
            client=client,
            account=account,
            cloud=cloud,
            cursor=cursor,
            kind=kind,
            limit=limit,
            ordering=ordering,
        )
    ).parsed
