from django.urls import URLPattern, URLResolver, include, path

from inference import activity, manifest_page, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("endpoints", views.endpoints, name="endpoints"),
    path("", include("inference.acting.urls")),
    path("endpoints/<str:public_id>", views.endpoint, name="endpoint"),
    path("endpoints/<str:public_id>/manifests", manifest_page.manifests, name="endpoint-manifests"),
    path("activity", activity.activity, name="activity"),
    path("decisions/<str:public_id>", activity.decision, name="decision"),
]
