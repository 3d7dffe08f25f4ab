"""inference's routes under /api/v1/."""

from django.urls import path

from fleet.api import converters
from inference.api import (
    decisions,
    endpoints,
    endpoints_in_bulk,
    gaps,
    models,
    percentiles,
    registries,
    replicas,
    series,
    serving_configs,
    usage,
)

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("endpoints", endpoints.Endpoints.as_view(), name="api-endpoints"),
    path("endpoints/bulk", endpoints_in_bulk.EndpointsInBulk.as_view(), name="api-endpoints-bulk"),
    path("endpoints/<public_id:public_id>", endpoints.OneEndpoint.as_view(), name="api-endpoint"),
    path("endpoints/<public_id:public_id>/manifests", endpoints.Manifests.as_view(), name="api-endpoint-manifests"),
    path("endpoints/<public_id:public_id>/weights", endpoints.Weights.as_view(), name="api-endpoint-weights"),
    path(
        "endpoints/<public_id:public_id>/percentiles",
        percentiles.Percentiles.as_view(),
        name="api-endpoint-percentiles",
    ),
    path("endpoints/<public_id:public_id>/decisions", decisions.Decisions.as_view(), name="api-endpoint-decisions"),
    path("endpoints/<public_id:public_id>/series", series.EndpointSeries.as_view(), name="api-endpoint-series"),
    path("decisions", decisions.AllDecisions.as_view(), name="api-decisions"),
    path("decisions/<public_id:public_id>", decisions.OneDecision.as_view(), name="api-decision"),
    path("replicas", replicas.Replicas.as_view(), name="api-replicas"),
    path("replicas/<public_id:public_id>", replicas.OneReplica.as_view(), name="api-replica"),
    path("replicas/<public_id:public_id>/drain", replicas.DrainReplica.as_view(), name="api-replica-drain"),
    path("replicas/<public_id:public_id>/restart", replicas.RestartReplica.as_view(), name="api-replica-restart"),
    path("replicas/<public_id:public_id>/series", series.ReplicaSeries.as_view(), name="api-replica-series"),
    path("models", models.Models.as_view(), name="api-models"),
    path("models/<public_id:public_id>", models.OneModel.as_view(), name="api-model"),
    path("serving-configs", serving_configs.ServingConfigs.as_view(), name="api-serving-configs"),
    path(
        "serving-configs/<public_id:public_id>",
        serving_configs.OneServingConfig.as_view(),
        name="api-serving-config",
    ),
    path("serving-configs/<public_id:public_id>/fit", serving_configs.Fit.as_view(), name="api-serving-config-fit"),
    path("telemetry-gaps", gaps.TelemetryGaps.as_view(), name="api-telemetry-gaps"),
    path("policies", registries.Policies.as_view(), name="api-policies"),
    path("runners", registries.Runners.as_view(), name="api-runners"),
    path("usage-events", usage.UsageEvents.as_view(), name="api-usage-events"),
]
