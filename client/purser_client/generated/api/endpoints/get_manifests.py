from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_manifests_environment import GetManifestsEnvironment
from ...models.manifests_out import ManifestsOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    cluster: str | Unset = UNSET,
    environment: GetManifestsEnvironment,
    extras: str | Unset = UNSET,
    image: str | Unset = UNSET,
    namespace: str | Unset = UNSET,
    secret: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cluster"] = cluster

    json_environment: str = environment
    params["environment"] = json_environment

    params["extras"] = extras

    params["image"] = image

    params["namespace"] = namespace

    params["secret"] = secret

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/endpoints/{public_id}/manifests".format(
            public_id=quote(str(public_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ManifestsOut | None:
    if response.status_code == 200:
        response_200 = ManifestsOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ManifestsOut]:
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
    cluster: str | Unset = UNSET,
    environment: GetManifestsEnvironment,
    extras: str | Unset = UNSET,
    image: str | Unset = UNSET,
    namespace: str | Unset = UNSET,
    secret: str | Unset = UNSET,
) -> Response[ManifestsOut]:
    """The endpoint as manifests for one kind of Kubernetes cluster; nothing is applied

    Args:
        public_id (str):
        cluster (str | Unset):
        environment (GetManifestsEnvironment):
        extras (str | Unset):
        image (str | Unset):
        namespace (str | Unset):
        secret (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ManifestsOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cluster=cluster,
        environment=environment,
        extras=extras,
        image=image,
        namespace=namespace,
        secret=secret,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cluster: str | Unset = UNSET,
    environment: GetManifestsEnvironment,
    extras: str | Unset = UNSET,
    image: str | Unset = UNSET,
    namespace: str | Unset = UNSET,
    secret: str | Unset = UNSET,
) -> ManifestsOut | None:
    """The endpoint as manifests for one kind of Kubernetes cluster; nothing is applied

    Args:
        public_id (str):
        cluster (str | Unset):
        environment (GetManifestsEnvironment):
        extras (str | Unset):
        image (str | Unset):
        namespace (str | Unset):
        secret (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ManifestsOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        cluster=cluster,
        environment=environment,
        extras=extras,
        image=image,
        namespace=namespace,
        secret=secret,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cluster: str | Unset = UNSET,
    environment: GetManifestsEnvironment,
    extras: str | Unset = UNSET,
    image: str | Unset = UNSET,
    namespace: str | Unset = UNSET,
    secret: str | Unset = UNSET,
) -> Response[ManifestsOut]:
    """The endpoint as manifests for one kind of Kubernetes cluster; nothing is applied

    Args:
        public_id (str):
        cluster (str | Unset):
        environment (GetManifestsEnvironment):
        extras (str | Unset):
        image (str | Unset):
        namespace (str | Unset):
        secret (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ManifestsOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cluster=cluster,
        environment=environment,
        extras=extras,
        image=image,
        namespace=namespace,
        secret=secret,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cluster: str | Unset = UNSET,
    environment: GetManifestsEnvironment,
    extras: str | Unset = UNSET,
    image: str | Unset = UNSET,
    namespace: str | Unset = UNSET,
    secret: str | Unset = UNSET,
) -> ManifestsOut | None:
    """The endpoint as manifests for one kind of Kubernetes cluster; nothing is applied

    Args:
        public_id (str):
        cluster (str | Unset):
        environment (GetManifestsEnvironment):
        extras (str | Unset):
        image (str | Unset):
        namespace (str | Unset):
        secret (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ManifestsOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            cluster=cluster,
            environment=environment,
            extras=extras,
            image=image,
            namespace=namespace,
            secret=secret,
        )
    ).parsed
