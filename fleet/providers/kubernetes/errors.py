"""What a failed call of a cluster means. Only the reason of its Status tells, never the HTTP status alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fleet.domain.outcomes import ErrorClass, Refusal, Scope, Unclear
from fleet.providers.classify import classify
from fleet.providers.kubernetes.kubeconfig import UnreadableKubeconfig

CLOUD = "kubernetes"
EXISTS = "AlreadyExists"
UNSCHEDULABLE = "Unschedulable"
IMAGE_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
    }
)
"""What a kubelet says of a container whose image it does not get."""
ANOTHER = "another-account"
BUDGET = "DisruptionBudget"
"""The cause of a 429 that is no throttle: a disruption budget keeps the pod where it is for now."""


class AnotherCluster(Exception):
    """Behind the credential is another cluster than the account's own."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(
            f"The credential leads to cluster {found} now, not to {expected}. Give it a kubeconfig of {expected}, or "
            f"add an account of its own for {found}."
        )


class Garbled(Exception):
    """An answer that no API server gives."""


class Said(Exception):
    """A Status that is no success, as the API server said it."""

    def __init__(self, status: int, body: dict[str, Any], retry_after: timedelta | None) -> None:
        super().__init__(status)
        self.status, self.retry_after = status, retry_after
        details = body.get("details")
        self.details: dict[str, Any] = details if isinstance(details, dict) else {}
        causes = self.details.get("causes")
        reasons = [cause.get("reason") for cause in causes if isinstance(cause, dict)] if causes else []
        self.code = BUDGET if BUDGET in reasons else str(body.get("reason") or status)
        self.message = str(body.get("message") or "")


def meaning_of(error: Exception) -> Refusal | Unclear:
    """What an exception of a call says of it. The texts of unforeseen ones may hold a secret and are not passed on."""
    import urllib3.exceptions
    from kubernetes.client.exceptions import ApiException

    if isinstance(error, UnreadableKubeconfig):
        return Refusal(ErrorClass.AUTH, "kubeconfig-unreadable", str(error), Scope.ACCOUNT)
    if isinstance(error, AnotherCluster):
        return classify(CLOUD, ANOTHER, str(error))
    if isinstance(error, Said):
        refusal = classify(CLOUD, error.code, error.message, retry_after=error.retry_after)
        unclear = refusal.error_class == ErrorClass.UNKNOWN
        return Unclear(error.code, refusal.message, refusal.classified) if unclear else refusal
    if isinstance(error, Garbled):
        return Unclear("garbled", f"Something between us and the cluster gave the answer: {error}.")
    if isinstance(error, ApiException) and "CERTIFICATE_VERIFY" in str(error.reason):
        sentence = "The cluster's certificate is not of the authority that the kubeconfig names."
        return Refusal(ErrorClass.TRANSIENT, "certificate-refused", sentence, Scope.REQUEST)
    if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return Refusal(ErrorClass.TRANSIENT, "not-sent", "The cluster could not be reached.", Scope.REQUEST)
    if isinstance(error, urllib3.exceptions.HTTPError | ApiException):
        return Unclear("answer-lost", f"The connection ended before the answer did ({type(error).__name__}).")
    return Unclear("no-answer", f"The call ended in {type(error).__name__}.")


def is_gone(error: Exception, name: str) -> bool:
    """The API server itself says that there is no such object; a path that it does not serve is something else."""
    return isinstance(error, Said) and error.code == "NotFound" and error.details.get("name") == name
