from django.urls import URLPattern, URLResolver, path

from inference.acting import endpoint_changes, models, serve

urlpatterns: list[URLPattern | URLResolver] = [
    path("endpoints/new", serve.serve, name="serve"),
    path("endpoints/new/plan", serve.plan, name="serve-plan"),
    path("endpoints/new/create", serve.create, name="serve-buy"),
    path("endpoints/<str:public_id>/change", endpoint_changes.change, name="endpoint-change"),
    path("endpoints/<str:public_id>/delete", endpoint_changes.delete, name="endpoint-delete"),
    path("endpoints/<str:public_id>/undo", endpoint_changes.undo, name="endpoint-undo"),
    path("models", models.models, name="models"),
    path("models/new", models.register, name="model-new"),
    path("models/<str:public_id>", models.model, name="model"),
    path("models/<str:public_id>/change", models.change, name="model-change"),
    path("models/<str:public_id>/delete", models.delete, name="model-delete"),
    path("models/<str:public_id>/configs/new", models.add_config, name="config-new"),
    path("serving-configs/<str:public_id>/change", models.change_config, name="config-change"),
    path("serving-configs/<str:public_id>/delete", models.delete_config, name="config-delete"),
]
