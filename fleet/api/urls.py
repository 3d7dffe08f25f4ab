"""fleet's routes under /api/v1/."""

from django.urls import path

from fleet.api import allocations, catalog, change_requests, converters, events, instances, limits

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("allocations", allocations.Allocations.as_view(), name="api-allocations"),
    path("allocations/<public_id:public_id>", allocations.OneAllocation.as_view(), name="api-allocation"),
    path(
        "allocations/<public_id:public_id>/extend", allocations.ExtendAllocation.as_view(), name="api-allocation-extend"
    ),
    path(
        "allocations/<public_id:public_id>/explain",
        allocations.ExplainAllocation.as_view(),
        name="api-allocation-explain",
    ),
    path("instances", instances.Instances.as_view(), name="api-instances"),
    path("instances/<public_id:public_id>", instances.OneInstance.as_view(), name="api-instance"),
    path("accelerators", catalog.Accelerators.as_view(), name="api-accelerators"),
    path("offerings", catalog.Offerings.as_view(), name="api-offerings"),
    path("accounts", catalog.Accounts.as_view(), name="api-accounts"),
    path("projects", limits.Projects.as_view(), name="api-projects"),
    path("quotas", limits.Quotas.as_view(), name="api-quotas"),
    path("quotas/bulk", limits.QuotasBulk.as_view(), name="api-quotas-bulk"),
    path("quotas/<public_id:public_id>", limits.OneQuota.as_view(), name="api-quota"),
    path("budgets", limits.Budgets.as_view(), name="api-budgets"),
    path("budgets/bulk", limits.BudgetsBulk.as_view(), name="api-budgets-bulk"),
    path("budgets/<public_id:public_id>", limits.OneBudget.as_view(), name="api-budget"),
    path("change-requests", change_requests.ChangeRequests.as_view(), name="api-change-requests"),
    path(
        "change-requests/<public_id:public_id>", change_requests.OneChangeRequest.as_view(), name="api-change-request"
    ),
    path(
        "change-requests/<public_id:public_id>/approve",
        change_requests.ApproveChangeRequest.as_view(),
        name="api-change-request-approve",
    ),
    path(
        "change-requests/<public_id:public_id>/refuse",
        change_requests.RefuseChangeRequest.as_view(),
        name="api-change-request-refuse",
    ),
    path("events", events.Events.as_view(), name="api-events"),
]
