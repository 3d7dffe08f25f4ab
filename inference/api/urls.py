"""inference's routes under /api/v1/."""

from django.urls import path

from fleet.api import converters
from inference.api import endpoints, models, percentiles, usage

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("endpoints", endpoints.Endpoints.as_view(), name="api-endpoints"),
    path("endpoints/<public_id:public_id>", endpoints.OneEndpoint.as_view(), name="api-endpoint"),
    path("endpoints/<public_id:public_id>/weights", endpoints.Weights.as_view(), name="api-endpoint-weights"),
    path(
        "endpoints/<public_id:public_id>/percentiles",
        percentiles.Percentiles.as_view(),
        name="api-endpoint-percentiles",
    ),
    path("endpoints/<public_id:public_id>/decisions", endpoints.Decisions.as_view(), name="api-endpoint-decisions"),
    path("models", models.Models.as_view(), name="api-models"),
    path("serving-configs", models.ServingConfigs.as_view(), name="api-serving-configs"),
    path("usage-events", usage.UsageEvents.as_view(), name="api-usage-events"),
]
