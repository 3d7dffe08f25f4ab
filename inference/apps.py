from django.apps import AppConfig


class InferenceConfig(AppConfig):
    """Models, endpoints, replicas, telemetry and autoscaling; may import fleet."""

    name = "inference"
    default_auto_field = "django.db.models.BigAutoField"
