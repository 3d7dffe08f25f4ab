"""billing's routes under /api/v1/."""

from django.urls import path

from billing.api import costs, ledger, shares, token_costs

urlpatterns = [
    path("costs", costs.Costs.as_view(), name="api-costs"),
    path("token-costs", token_costs.TokenCosts.as_view(), name="api-token-costs"),
    path("shares", shares.Shares.as_view(), name="api-shares"),
    path("ledger-entries", ledger.LedgerEntries.as_view(), name="api-ledger-entries"),
    path("usage-intervals", ledger.UsageIntervals.as_view(), name="api-usage-intervals"),
]
