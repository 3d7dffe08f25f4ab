from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What it cost: usage, ledger, cost of tokens; may import inference and fleet."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"
