from django.urls import URLPattern, URLResolver, path

from inference import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("endpoints", views.endpoints, name="endpoints"),
    path("endpoints/<str:public_id>", views.endpoint, name="endpoint"),
    path("activity", views.activity, name="activity"),
]
