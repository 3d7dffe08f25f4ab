from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Clouds, catalogue, capacity, budgets, allocations and instances; knows no other app."""

    name = "fleet"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fleet import instants
        from fleet.signin import signals  # noqa: F401  # connects its receivers

        instants.connect()
