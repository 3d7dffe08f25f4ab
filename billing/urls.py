from django.urls import URLPattern, URLResolver, path

from billing import economics, search, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("economics", economics.economics, name="economics"),
    path("search", search.search, name="search"),
]
