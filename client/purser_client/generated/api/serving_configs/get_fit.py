from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.fits_out import FitsOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    accelerator: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/serving-configs/{public_id}/fit".format(
            public_id=quote(str(public_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> FitsOut | None:
    if response.status_code == 200:
        response_200 = FitsOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[FitsOut]:
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
    accelerator: str | Unset = UNSET,
) -> Response[FitsOut]:
    """Does it fit on an accelerator, and how fast would it be

    Args:
        public_id (str):
        accelerator (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FitsOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        accelerator=accelerator,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
) -> FitsOut | None:
    """Does it fit on an accelerator, and how fast would it be

    Args:
        public_id (str):
        accelerator (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FitsOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        accelerator=accelerator,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
) -> Response[FitsOut]:
    """Does it fit on an accelerator, and how fast would it be

    Args:
        public_id (str):
        accelerator (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FitsOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        accelerator=accelerator,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
) -> FitsOut | None:
    """Does it fit on an accelerator, and how fast would it be

    Args:
        public_id (str):
        accelerator (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FitsOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            accelerator=accelerator,
        )
    ).parsed
