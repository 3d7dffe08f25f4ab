"""billing's routes under /api/v1/."""

from django.urls import path

from billing.api import costs

urlpatterns = [
    path("costs", costs.Costs.as_view(), name="api-costs"),
    path("token-costs", costs.TokenCosts.as_view(), name="api-token-costs"),
]
