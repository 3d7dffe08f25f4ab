"""fleet's routes under /api/v1/."""

from django.urls import path

from fleet.api import (
    allocations,
    audit,
    catalog,
    change_requests,
    converters,
    events,
    instances,
    limits,
    me,
    members,
    projects,
    service_accounts,
    tokens,
    webhooks,
)

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
    path("projects", projects.Projects.as_view(), name="api-projects"),
    path("projects/<public_id:public_id>", projects.OneProject.as_view(), name="api-project"),
    path("projects/<public_id:public_id>/members", members.Members.as_view(), name="api-members"),
    path("projects/<public_id:public_id>/members/<str:username>", members.OneMember.as_view(), name="api-member"),
    path("service-accounts", service_accounts.ServiceAccounts.as_view(), name="api-service-accounts"),
    path(
        "service-accounts/<public_id:public_id>",
        service_accounts.OneServiceAccount.as_view(),
        name="api-service-account",
    ),
    path("tokens", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<public_id:public_id>", tokens.OneToken.as_view(), name="api-token"),
    path("tokens/<public_id:public_id>/rotate", tokens.RotateToken.as_view(), name="api-token-rotate"),
    path("me", me.Me.as_view(), name="api-me"),
    path("quotas", limits.Quotas.as_view(), name="api-quotas"),
    path("quotas/bulk", limits.QuotasBulk.as_view(), name="api-quotas-bulk"),
    path("quotas/<public_id:public_id>", limits.OneQuota.as_view(), name="api-quota"),
    path("budgets", limits.Budgets.as_view(), name="api-budgets"),
    path("budgets/bulk", limits.BudgetsBulk.as_view(), name="api-budgets-bulk"),
    path("budgets/<public_id:public_id>", limits.OneBudget.as_view(), name="api-budget"),
    path("audit-events", audit.AuditEvents.as_view(), name="api-audit-events"),
    path("audit-events/export", audit.AuditExport.as_view(), name="api-audit-export"),
    path("audit-chain", audit.AuditChain.as_view(), name="api-audit-chain"),
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
    path("webhooks", webhooks.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<public_id:public_id>", webhooks.OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<public_id:public_id>/rotate", webhooks.RotateWebhookSecret.as_view(), name="api-webhook-rotate"),
    path("webhooks/<public_id:public_id>/test", webhooks.TestWebhook.as_view(), name="api-webhook-test"),
    path("webhooks/<public_id:public_id>/messages", webhooks.WebhookMessages.as_view(), name="api-webhook-messages"),
    path("webhook-messages/<public_id:public_id>", webhooks.OneWebhookMessage.as_view(), name="api-webhook-message"),
    path(
        "webhook-messages/<public_id:public_id>/retry",
        webhooks.RetryWebhookMessage.as_view(),
        name="api-webhook-message-retry",
    ),
]
