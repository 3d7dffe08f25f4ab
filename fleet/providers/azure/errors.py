"""What the exceptions of Azure's SDKs mean. Their classes mislead: only the code and the text of an answer tell.

Every 409 and a 412 are ResourceExistsError, whether it is a stock-out, a quota or a true conflict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fleet.domain.outcomes import ErrorClass, LaunchOutcome, Refusal, Scope, Unclear
from fleet.providers.azure.clients import Garbled, SignInFailed, UnreadableIdentity
from fleet.providers.classify import classify

CLOUD = "azure"
EXISTS = "PreconditionFailed"
"""The code with which a Put that may only make something new is refused, because it is there."""

NOT_PERMITTED = "AuthorizationFailed"
"""We are known, and may not do this one thing."""


def meaning_of(error: Exception) -> Refusal | Unclear:
    """What an exception of a call says of it. The texts of unforeseen ones may hold a secret and are not passed on."""
    from azure.core import exceptions

    if isinstance(error, UnreadableIdentity):
        return Refusal(ErrorClass.AUTH, "credentials-unreadable", str(error), Scope.ACCOUNT)
    if isinstance(error, SignInFailed):
        return _no_token(error.__cause__)
    if isinstance(error, Garbled):
        return Unclear("garbled", f"Something between us and Azure gave the answer: {error}.")
    if isinstance(error, exceptions.HttpResponseError):
        return _said(error)
    if _is_distrusted(error):
        return _distrusted("Azure")
    if isinstance(error, exceptions.ServiceRequestError) and never_sent(error):
        return Refusal(ErrorClass.TRANSIENT, "not-sent", "Azure could not be reached.", Scope.REQUEST)
    if isinstance(error, exceptions.AzureError):
        return Unclear("answer-lost", f"The connection ended before the answer did ({type(error).__name__}).")
    return Unclear("no-answer", f"The call ended in {type(error).__name__}.")


def ours(code: str, message: str) -> Refusal:
    """A refusal of which we know before Azure is asked; its code is in the table like Azure's own."""
    return classify(CLOUD, code, message)


def of_operation(code: str, message: str) -> Refusal:
    """Why an operation failed after it was accepted, once what it left is gone: nothing was made, whatever it says."""
    refusal = classify(CLOUD, code, message)
    if refusal.error_class == ErrorClass.UNKNOWN:
        return Refusal(ErrorClass.STOCK_OUT, code, message, Scope.POOL, classified=False)
    return refusal


def in_market(outcome: LaunchOutcome, market: str) -> LaunchOutcome:
    """The outcome of a launch, where the same words hold for longer in one market than in another."""
    if not isinstance(outcome, Refusal) or not outcome.classified:
        return outcome
    after = classify(CLOUD, outcome.code, outcome.message, market=market).retry_after
    return replace(outcome, retry_after=max((one for one in (outcome.retry_after, after) if one), default=None))


def never_sent(error: BaseException) -> bool:
    """There was no connection that a request could have gone over. The SDK says the same of some that had one."""
    import urllib3.exceptions

    no_connection = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    inner = list(_inside(error))
    return len(inner) == 1 or any(isinstance(one, no_connection) or "CERTIFICATE_VERIFY" in str(one) for one in inner)


def _is_distrusted(error: BaseException) -> bool:
    return any("CERTIFICATE_VERIFY" in str(one) for one in _inside(error))


def _distrusted(who: str) -> Refusal:
    """Nothing was sent over such a connection."""
    sentence = f"{who} shows a certificate of nobody who is trusted here: name its authority in the option ca_file."
    return Refusal(ErrorClass.TRANSIENT, "certificate-refused", sentence, Scope.REQUEST)


def _inside(error: BaseException) -> Iterator[BaseException]:
    """An exception and those it was made of, outermost first."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            waiting += [getattr(one, name, None) for name in ("inner_exception", "reason", "__cause__")]
            waiting += one.args
    return iter(seen)


def _no_token(cause: BaseException | None) -> Refusal:
    from azure.core import exceptions
    from azure.identity import CredentialUnavailableError

    if isinstance(cause, CredentialUnavailableError):
        sentence = "This machine has no Azure identity: give the account a credential or the workers an identity."
        return Refusal(ErrorClass.AUTH, "CredentialUnavailable", sentence, Scope.ACCOUNT)
    if cause is not None and _is_distrusted(cause):
        return _distrusted("The sign-in")
    # The SDK says the same when nobody refused anything: the way to the sign-in was broken.
    broken = (exceptions.ServiceRequestError, exceptions.ServiceResponseError)
    unreached = cause is not None and any(isinstance(one, broken) for one in _inside(cause))
    if isinstance(cause, exceptions.ClientAuthenticationError) and not unreached:
        return Refusal(ErrorClass.AUTH, "sign-in-refused", str(cause.message), Scope.ACCOUNT)
    return Refusal(ErrorClass.TRANSIENT, "not-signed-in", f"Sign-in failed: {type(cause).__name__}.", Scope.REQUEST)


def _said(error: Any) -> Refusal | Unclear:
    found = error.error if error.response is not None else None
    code, message = getattr(found, "code", None), getattr(found, "message", None)
    if not isinstance(code, str) or not code:
        status = error.status_code or "no status"
        return Unclear("garbled", f"The answer ({status}) is not what Azure sends.")
    refusal = classify(CLOUD, code, str(message or ""), retry_after=_retry_after(error.response.headers))
    unclear = refusal.error_class == ErrorClass.UNKNOWN
    return Unclear(code, refusal.message, refusal.classified) if unclear else refusal


def _retry_after(headers: Any) -> timedelta | None:
    said = str(headers.get("Retry-After") or "")
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() and len(said) < 7 else None
