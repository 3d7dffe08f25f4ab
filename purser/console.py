from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Django's admin with a site of our own (fleet/admin_site.py)."""

    default_site = "fleet.admin_site.ConsoleSite"
