"""What Google's errors mean: those that are raised, and those that an operation ends with.

The class and the status of an exception mislead: what counts is the reason Google writes into the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fleet.domain.outcomes import ErrorClass, Refusal, Scope, Unclear
from fleet.providers.classify import classify
from fleet.providers.gcp.clients import Garbled, SaidNo, UnreadableCredential

CLOUD = "gcp"
WORTH_ANOTHER_TOKEN = (ErrorClass.THROTTLE, ErrorClass.TRANSIENT, ErrorClass.UNKNOWN, ErrorClass.GONE)


def meaning_of(error: Exception) -> Refusal | Unclear:
    """What an exception of a call says of it. The texts of unforeseen ones may hold a secret and are not passed on."""
    import requests.exceptions
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError

    if isinstance(error, UnreadableCredential):
        return Refusal(ErrorClass.AUTH, "credentials-unreadable", str(error), Scope.ACCOUNT)
    if isinstance(error, DefaultCredentialsError):
        sentence = "This machine has no Google identity: give the account a credential or the workers one."
        return Refusal(ErrorClass.AUTH, type(error).__name__, sentence, Scope.ACCOUNT)
    if isinstance(error, TransportError):  # to where tokens are given out, before the call
        return Refusal(ErrorClass.TRANSIENT, "no-token", "Google's token server did not answer.", Scope.REQUEST)
    if isinstance(error, GoogleAuthError):
        return Refusal(ErrorClass.AUTH, type(error).__name__, "Google does not take the credential.", Scope.ACCOUNT)
    if isinstance(error, GoogleAPICallError):
        status, message = _in_the_newer_envelope(error)
        said = {"errors": error.errors, "message": message or error.message, "status": error.reason or status}
        return _said(said, int(error.code or 0))
    if isinstance(error, SaidNo):
        return _said(error.error, error.status)
    if isinstance(error, requests.exceptions.ConnectionError) and _unsent(error):
        return Refusal(ErrorClass.TRANSIENT, "not-sent", "The address takes no connection.", Scope.REQUEST)
    if isinstance(error, requests.exceptions.RequestException):
        return Unclear("answer-lost", f"The connection ended before the answer did ({type(error).__name__}).")
    if isinstance(error, Garbled):
        return Unclear("garbled", str(error))
    return Unclear("no-answer", f"The call ended in {type(error).__name__}.")


def of_operation(operation: Any) -> Refusal | None:
    """How an operation that is done has failed; None when it has not.

    It is a definite no, and it stands: the same token gets the same operation again. What would be worth another try
    with it elsewhere, or is a code nobody knows, is therefore a no of this pool: the next attempt has a new token.
    """
    said = list(operation.error.errors)
    if not said:
        return None
    first = said[0]
    code, message, scope = str(first.code), str(first.message), None
    elsewhere: tuple[str, ...] = ()
    for detail in first.error_details:
        # Google names zones where the same order would be met now.
        if named := detail.error_info.metadatas.get("zonesAvailable", ""):
            message = f"{message} Zones that have it: {named}."
            elsewhere = tuple(zone for zone in (one.strip() for one in named.split(",")) if zone)
        if detail.quota_info.metric_name:
            placed = any(name in detail.quota_info.dimensions for name in ("region", "zone"))
            scope = None if placed else Scope.ACCOUNT  # one without a place is the project's, wherever it buys
            message = f"{message} {_quota_told(detail.quota_info)}"
    return replace(of_token(classify(CLOUD, code, message), quota_scope=scope), elsewhere=elsewhere)


def of_token(refusal: Refusal, *, quota_scope: Scope | None = None) -> Refusal:
    """What was refused after the order was taken: it stands, whatever call tells of it."""
    if refusal.error_class in WORTH_ANOTHER_TOKEN:
        refusal = replace(refusal, error_class=ErrorClass.STOCK_OUT, scope=Scope.POOL)
    if refusal.error_class == ErrorClass.QUOTA and quota_scope is not None:
        refusal = replace(refusal, scope=quota_scope)
    return replace(refusal, of_token=True)


def _quota_told(quota: Any) -> str:
    """What is to be raised, in the words of Google's page of quotas; of one of nothing, as its older texts say it."""
    where = ", ".join(f"{name} {value}" for name, value in sorted(quota.dimensions.items()))
    told = f"Quota {quota.limit_name} of {quota.metric_name} is {quota.limit:g}{f' in {where}' if where else ''}."
    return told if quota.limit else f"{told} Limit: 0.0."


def _in_the_newer_envelope(error: Any) -> tuple[str, str]:
    """The word of APIs that have no reasons, such as RESOURCE_EXHAUSTED, and their text: the SDK adds an address."""
    try:
        said = error.response.json()["error"]
        return str(said["status"]), str(said["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return "", ""


def _unsent(error: Exception) -> bool:
    """No connection was made. The class of the exception is the same when one broke."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _said(error: Mapping[str, Any], status: int) -> Refusal | Unclear:
    """An error in Google's envelope. What is not in it was not said by Google, and means nothing."""
    errors = error.get("errors") or ()
    first = errors[0] if isinstance(errors, list | tuple) and errors else None
    reason = first.get("reason") if isinstance(first, Mapping) else None
    reason = reason or error.get("status")
    if not isinstance(reason, str) or not reason:
        return Unclear(f"status-{status}", "The answer is not what Google sends.")
    told = first.get("message") if isinstance(first, Mapping) else None
    return _classified(reason, str(told or error.get("message") or ""))


def _classified(code: str, message: str) -> Refusal | Unclear:
    refusal = classify(CLOUD, code, message)
    unclear = refusal.error_class == ErrorClass.UNKNOWN
    return Unclear(code, message, refusal.classified) if unclear else refusal
