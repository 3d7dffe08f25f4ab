from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.account_in_request_options import AccountInRequestOptions


T = TypeVar("T", bound="AccountInRequest")


@_attrs_define
class AccountInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str):
        cloud (str):
        provider (str): Which adapter speaks to it
        credentials_ref (str | Unset): env:NAME or file:/path; never shown
        credential (str | Unset): The credential itself, sealed at once and never shown; not beside credentials_ref
        options (AccountInRequestOptions | Unset): Settings of the adapter, such as its endpoint
        expected_account_ref (str | Unset):
        enabled (bool | Unset): false: nothing is bought from it; its machines live on until they end
    """

    name: str
    cloud: str
    provider: str
    credentials_ref: str | Unset = UNSET
    credential: str | Unset = UNSET
    options: AccountInRequestOptions | Unset = UNSET
    expected_account_ref: str | Unset = UNSET
    enabled: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        cloud = self.cloud

        provider = self.provider

        credentials_ref: str | Unset
        if isinstance(self.credentials_ref, Unset):
            credentials_ref = UNSET
        else:
            credentials_ref = self.credentials_ref

        credential = self.credential

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        expected_account_ref = self.expected_account_ref

        enabled = self.enabled

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "cloud": cloud,
                "provider": provider,
            }
        )
        if credentials_ref is not UNSET:
            field_dict["credentials_ref"] = credentials_ref
        if credential is not UNSET:
            field_dict["credential"] = credential
        if options is not UNSET:
            field_dict["options"] = options
        if expected_account_ref is not UNSET:
            field_dict["expected_account_ref"] = expected_account_ref
        if enabled is not UNSET:
            field_dict["enabled"] = enabled

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.account_in_request_options import AccountInRequestOptions  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        cloud = d.pop("cloud")

        provider = d.pop("provider")

        def _parse_credentials_ref(data: object) -> str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(str | Unset, data)

        credentials_ref = _parse_credentials_ref(d.pop("credentials_ref", UNSET))

        credential = d.pop("credential", UNSET)

        _options = d.pop("options", UNSET)
        options: AccountInRequestOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = AccountInRequestOptions.from_dict(_options)

        expected_account_ref = d.pop("expected_account_ref", UNSET)

        enabled = d.pop("enabled", UNSET)

        account_in_request = cls(
            name=name,
            cloud=cloud,
            provider=provider,
            credentials_ref=credentials_ref,
            credential=credential,
            options=options,
            expected_account_ref=expected_account_ref,
            enabled=enabled,
        )

        return account_in_request
