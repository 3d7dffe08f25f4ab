"""The one table from vendors' words to ours."""

from datetime import timedelta

import pytest

from fleet.domain.outcomes import ErrorClass, Scope
from fleet.providers.classify import classify, table


@pytest.mark.parametrize(
    ("cloud", "code", "message", "error_class", "scope"),
    [
        ("aws", "InsufficientInstanceCapacity", "", ErrorClass.STOCK_OUT, Scope.POOL),
        ("aws", "VcpuLimitExceeded", "", ErrorClass.QUOTA, Scope.FAMILY),
        ("aws", "RequestLimitExceeded", "", ErrorClass.THROTTLE, Scope.REGION),
        ("aws", "UnauthorizedOperation", "", ErrorClass.AUTH, Scope.ACCOUNT),
        ("aws", "InvalidParameterValue", "", ErrorClass.BAD_REQUEST, Scope.REQUEST),
        ("aws", "IdempotentInstanceTerminated", "", ErrorClass.GONE, Scope.REQUEST),
        ("aws", "InternalError", "", ErrorClass.UNKNOWN, Scope.REQUEST),
        ("gcp", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "", ErrorClass.STOCK_OUT, Scope.POOL),
        ("gcp", "QUOTA_EXCEEDED", "Quota 'GPUS_ALL_REGIONS' exceeded", ErrorClass.QUOTA, Scope.ACCOUNT),
        ("gcp", "QUOTA_EXCEEDED", "in region us-east4", ErrorClass.QUOTA, Scope.REGION),
        ("gcp", "rateLimitExceeded", "", ErrorClass.THROTTLE, Scope.ACCOUNT),
        ("gcp", "authError", "", ErrorClass.AUTH, Scope.ACCOUNT),
        ("gcp", "UNSUPPORTED_OPERATION", "", ErrorClass.STOCK_OUT, Scope.POOL),
        ("gcp", "RESOURCE_NOT_READY", "", ErrorClass.TRANSIENT, Scope.REQUEST),
        ("azure", "ZonalAllocationFailed", "", ErrorClass.STOCK_OUT, Scope.ZONE),
        ("azure", "SkuNotAvailable", "", ErrorClass.STOCK_OUT, Scope.POOL),
        ("azure", "OverconstrainedAllocationRequest", "", ErrorClass.STOCK_OUT, Scope.POOL),
        ("azure", "ResourceNotFound", "", ErrorClass.GONE, Scope.REQUEST),
        ("azure", "ResourceGroupNotFound", "", ErrorClass.BAD_REQUEST, Scope.REQUEST),
        ("azure", "ExpiredAuthenticationToken", "", ErrorClass.AUTH, Scope.ACCOUNT),
        ("gcp", "quotaExceeded", "Quota 'NVIDIA_L4_GPUS' exceeded", ErrorClass.QUOTA, Scope.FAMILY),
        (
            "azure",
            "OperationNotAllowed",
            "approved standardNCv5Family Cores quota",
            ErrorClass.QUOTA,
            Scope.FAMILY,
        ),
        ("azure", "OperationNotAllowed", "approved Total Regional Cores quota", ErrorClass.QUOTA, Scope.REGION),
        ("azure", "OperationNotAllowed", "approved LowPriorityCores quota", ErrorClass.QUOTA, Scope.REGION),
        ("azure", "OperationNotAllowed", "the disk is attached", ErrorClass.BAD_REQUEST, Scope.REQUEST),
    ],
)
def test_a_code_means_one_thing(cloud, code, message, error_class, scope):
    refusal = classify(cloud, code, message)
    assert (refusal.error_class, refusal.scope, refusal.classified) == (error_class, scope, True)


def test_a_code_nobody_has_classified_is_unknown_and_says_so():
    refusal = classify("aws", "BrandNewError", "surprise")
    assert (refusal.error_class, refusal.classified) == (ErrorClass.UNKNOWN, False)


def test_what_the_cloud_asks_to_wait_wins_over_the_table():
    assert classify("aws", "Unsupported", "", retry_after=timedelta(seconds=9)).retry_after == timedelta(seconds=9)
    assert classify("aws", "Unsupported", "").retry_after == timedelta(days=1)


def test_the_table_has_rows_for_the_clouds():
    assert set(table()) == {"aws", "gcp", "azure", "kubernetes", "local"}
