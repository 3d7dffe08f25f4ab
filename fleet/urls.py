from django.urls import URLPattern, URLResolver, include, path

from fleet import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("fleet", views.fleet, name="fleet"),
    path("fleet/<str:public_id>", views.allocation, name="allocation"),
    path("feed", views.feed, name="feed"),
    path("settings", views.about, name="settings"),
    path("", include("fleet.signin.urls")),
]
