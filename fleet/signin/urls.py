from django.urls import URLPattern, URLResolver, path

from fleet.signin import prove

urlpatterns: list[URLPattern | URLResolver] = [
    path("prove/", prove.prove, name="prove"),
]
