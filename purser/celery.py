"""The Celery application: `celery -A purser worker -Q provisioning,recovery,…`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")

app = Celery("purser")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
