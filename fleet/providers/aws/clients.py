"""boto3 clients that make one attempt, and what their exceptions mean.

boto3 itself is imported when the first client is made: it costs a quarter of a second and 40 MB.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from fleet.domain.outcomes import ErrorClass, Refusal, Scope, Unclear
from fleet.providers.classify import classify

if TYPE_CHECKING:
    import botocore.session

CLOUD = "aws"
REGION = "purser-region"
NOT_LET_IN = ("AuthFailure", "OptInRequired", "InvalidClientTokenId", "UnrecognizedClientException")
"""What services say in a region that the account has not switched on; all but one say so of a wrong key as well."""
NOT_GRANTED = ("AccessDeniedException", "AccessDenied", "UnauthorizedOperation")
CONNECT_SECONDS = 5.0
ASSUME_SECONDS = 10.0
_MAKING = threading.Lock()


@dataclass(frozen=True)
class Keys:
    """An access key. Its secret half shows in no text."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Role:
    """A role that is assumed with a credential, asked for in `region`."""

    arn: str
    external_id: str
    region: str


class UnreadableKeys(Exception):
    """The credential is not what is asked for. The sentence says what is, and holds nothing of it."""


def read_keys(secret: str) -> Keys | None:
    """The access key in a credential's text; None when it is empty: whatever identity the machine has.

    Raises UnreadableKeys.
    """
    if not secret:
        return None
    try:
        found = json.loads(secret)
        names = ("access_key_id", "secret_access_key", "session_token")
        keys = Keys(*(str(found[name]) if name != "session_token" else str(found.get(name, "")) for name in names))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableKeys(
            'The credential of an AWS account is JSON: {"access_key_id": "…", "secret_access_key": "…"}, with a'
            ' "session_token" where there is one.'
        ) from error
    for value in (keys.access_key_id, keys.secret_access_key, keys.session_token):
        if not value.isascii() or not value.isprintable():
            raise UnreadableKeys("The credential of an AWS account has a character in it that no key has.")
    return keys


class NotAsked(Exception):
    """A call was not made, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def who(sts: Callable[[str], Any], regions: Iterable[str]) -> tuple[str, str]:
    """The account, and the first of the regions that knows it: one that is not switched on knows nobody.

    Raises what the last of them said.
    """
    last: Exception | None = None
    for region in regions:
        try:
            return str(sts(region).get_caller_identity()["Account"]), region
        except Exception as error:
            if meaning_of(error).code not in NOT_LET_IN:
                raise
            last = error
    assert last is not None, "an account has a region"
    raise last


def require_account(
    expected: str, regions: tuple[str, ...], endpoint_url: str, keys: Keys | None, seconds: float, role: Role | None
) -> None:
    """Refuse to change anything in another account than the one that was first read.

    There, a repeated launch would be a second one, and a machine that is not found would count as ended. Asked once for
    a key, which belongs to one account for good. Raises NotAsked, and what is wrong with the key.
    """
    try:
        found = _account_of(regions, endpoint_url, keys, seconds, role)
    except Exception as error:
        meaning = meaning_of(error)
        if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.AUTH:
            raise
        told = f"It is not known whose account this is: {meaning.message}"
        raise NotAsked(Refusal(ErrorClass.TRANSIENT, meaning.code, told, Scope.REQUEST)) from error
    if found != expected:
        told = (
            f"The credential belongs to account {found} now, not to {expected}. Give it one of {expected}, or add an "
            f"account of its own for {found}."
        )
        raise NotAsked(Refusal(ErrorClass.AUTH, "another-account", told, Scope.ACCOUNT))


@lru_cache(maxsize=64)
def _account_of(
    regions: tuple[str, ...], endpoint_url: str, keys: Keys | None, seconds: float, role: Role | None
) -> str:
    return who(lambda region: client("sts", region, endpoint_url, keys, seconds, role), regions)[0]


@lru_cache(maxsize=256)
def client(
    service: str, region: str, endpoint_url: str, keys: Keys | None, read_seconds: float, role: Role | None = None
) -> Any:
    """A client that sends each call once and gives up after so long without a byte.

    boto3 would send a launch three times when a zone has no capacity, because EC2 says so with status 500.
    """
    session = _session() if role is None else _session_of(role, keys, endpoint_url)
    return _made(session, service, region, endpoint_url, keys if role is None else None, read_seconds)


def _made(
    session: botocore.session.Session,
    service: str,
    region: str,
    endpoint_url: str,
    keys: Keys | None,
    read_seconds: float,
) -> Any:
    from botocore.config import Config

    once = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=min(CONNECT_SECONDS, read_seconds),
        read_timeout=read_seconds,
        user_agent_extra="purser",
        max_pool_connections=10,
    )
    with _MAKING:  # making one is not safe beside another; using one is
        made = session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint_url or None,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=(keys.session_token or None) if keys else None,
            config=once,
        )
    made.meta.events.register("after-call", partial(_say_where, region))
    if made.meta.service_model.resolved_protocol == "json":
        made.meta.events.register("before-parse", _whole)
    return made


def _say_where(region: str, parsed: dict[str, Any], **_: object) -> None:
    """So that an error tells of which region it is."""
    parsed.setdefault("ResponseMetadata", {})[REGION] = region


def region_of(error: Exception) -> str:
    """Where a call was answered so; empty where that says nothing, as for the sign-in before it."""
    if getattr(error, "operation_name", "AssumeRole") == "AssumeRole":
        return ""
    return str(getattr(error, "response", {}).get("ResponseMetadata", {}).get(REGION) or "")


def not_enabled(refusal: Refusal, region: str, works_in: str) -> Refusal:
    """What a refusal means in a region that the account has not switched on: nothing to any other."""
    told = (
        f"The region {region} is not enabled for this AWS account: the credential works in {works_in}, and not there."
    )
    return classify(CLOUD, refusal.code, f"{told} AWS says: {refusal.message}")


def _whole(response_dict: dict[str, Any], **_: object) -> None:
    """Refuse what is not JSON: the SDK would take half an answer of 200 for an empty one."""
    from botocore.parsers import ResponseParserError

    try:
        whole = isinstance(json.loads(response_dict["body"]), dict)
    except ValueError:
        whole = False
    if not whole and response_dict["status_code"] < 300:
        raise ResponseParserError("the answer is not JSON")


@cache
def _session() -> botocore.session.Session:
    """One for the process: it keeps the descriptions of the services, which are large."""
    import boto3.session

    session: botocore.session.Session = boto3.session.Session()._session
    return session


@lru_cache(maxsize=64)
def _session_of(role: Role, keys: Keys | None, endpoint_url: str) -> botocore.session.Session:
    """One that speaks as the role: it is assumed at the first call, and again before what was given expires."""
    from botocore import credentials, exceptions
    from botocore.session import Session

    base = _session()
    if keys is not None:
        given = credentials.Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    else:
        given = base.get_credentials()
    if given is None:
        raise exceptions.NoCredentialsError()

    def sts(_service: str, *, aws_access_key_id: str, aws_secret_access_key: str, aws_session_token: str | None) -> Any:
        own = Keys(aws_access_key_id, aws_secret_access_key, aws_session_token or "")
        return _made(base, "sts", role.region, endpoint_url, own, ASSUME_SECONDS)

    said = {"RoleSessionName": "purser"} | ({"ExternalId": role.external_id} if role.external_id else {})
    fetcher = credentials.AssumeRoleCredentialFetcher(sts, given, role.arn, extra_args=said)
    session = Session()
    session.register_component("data_loader", base.get_component("data_loader"))
    session._credentials = credentials.DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return session


def meaning_of(error: Exception) -> Refusal | Unclear:
    """What an exception of a call says of it. The texts of unforeseen ones may hold a secret and are not passed on."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    if isinstance(error, NotAsked):
        return error.refusal
    if isinstance(error, UnreadableKeys):
        return Refusal(ErrorClass.AUTH, "credentials-unreadable", str(error), Scope.ACCOUNT)
    if isinstance(error, exceptions.ClientError):
        return _said(error)
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return Refusal(ErrorClass.TRANSIENT, "not-sent", str(error), Scope.REQUEST)
    if isinstance(
        error,
        exceptions.NoCredentialsError | exceptions.PartialCredentialsError | exceptions.CredentialRetrievalError,
    ):
        sentence = "This machine has no AWS identity: give the account a credential or the workers a role."
        return Refusal(ErrorClass.AUTH, type(error).__name__, sentence, Scope.ACCOUNT)
    if isinstance(error, exceptions.ParamValidationError):
        return Refusal(ErrorClass.BAD_REQUEST, "ParamValidation", str(error), Scope.REQUEST)
    if isinstance(error, ResponseParserError):
        return Unclear("garbled", "The answer is not what AWS sends; something between us and AWS may have given it.")
    if isinstance(error, exceptions.HTTPClientError):
        return Unclear("answer-lost", f"The connection ended before the answer did ({type(error).__name__}).")
    return Unclear("no-answer", f"The call ended in {type(error).__name__}.")


def _said(error: Any) -> Refusal | Unclear:
    """What AWS answered. A role that could not be assumed is told apart: the call itself was never sent."""
    found = error.response.get("Error") or {}
    status = (error.response.get("ResponseMetadata") or {}).get("HTTPStatusCode", "")
    code, message = str(found.get("Code") or status), str(found.get("Message") or "")
    refusal = classify(CLOUD, code, message)
    if error.operation_name == "AssumeRole":
        if refusal.error_class != ErrorClass.AUTH:
            return Refusal(ErrorClass.TRANSIENT, code, f"The role cannot be assumed now: {message}", Scope.REQUEST)
        told = f"The role cannot be assumed: {message} Check role_arn, external_id and whom the role trusts."
        return Refusal(ErrorClass.AUTH, code, told, Scope.ACCOUNT)
    unclear = refusal.error_class == ErrorClass.UNKNOWN
    return Unclear(code, message, refusal.classified) if unclear else refusal
