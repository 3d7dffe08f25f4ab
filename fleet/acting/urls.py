from django.urls import URLPattern, URLResolver, path

from fleet.acting import allocate, bulk, changes, incidents, machines, paid, switches

urlpatterns: list[URLPattern | URLResolver] = [
    path("fleet/allocate", allocate.allocate, name="allocate"),
    path("fleet/allocate/plan", allocate.plan, name="allocate-plan"),
    path("fleet/allocate/buy", allocate.buy, name="allocate-buy"),
    path("fleet/bulk", bulk.bulk, name="allocations-bulk"),
    path("fleet/<str:public_id>/extend", changes.extend, name="allocation-extend"),
    path("fleet/<str:public_id>/resize", changes.resize, name="allocation-resize"),
    path("fleet/<str:public_id>/release", changes.release, name="allocation-release"),
    path("fleet/<str:public_id>/keep", changes.keep, name="allocation-keep"),
    path("fleet/<str:public_id>/undo", changes.undo, name="allocation-undo"),
    path("incidents", incidents.incidents, name="incidents"),
    path("incidents/<str:public_id>/acknowledge", incidents.acknowledge, name="incident-acknowledge"),
    path("incidents/<str:public_id>/close", incidents.close, name="incident-close"),
    path("capacity/<str:public_id>/share", paid.share, name="paid-capacity-share"),
    path("capacity/<str:public_id>/unshare", paid.unshare, name="paid-capacity-unshare"),
    path("settings/switches", switches.switches, name="switches"),
    path("machines/<str:public_id>/cordon", machines.cordon, name="machine-cordon"),
    path("machines/<str:public_id>/uncordon", machines.uncordon, name="machine-uncordon"),
    path("machines/<str:public_id>/drain", machines.drain, name="machine-drain"),
]
