from django.urls import URLPattern, URLResolver, path

from fleet.acting import allocate

urlpatterns: list[URLPattern | URLResolver] = [
    path("fleet/allocate", allocate.allocate, name="allocate"),
    path("fleet/allocate/plan", allocate.plan, name="allocate-plan"),
    path("fleet/allocate/buy", allocate.buy, name="allocate-buy"),
]
