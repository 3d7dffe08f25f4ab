"""The Celery application: `celery -A purser worker -Q provisioning,recovery,…`."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_shutdown, worker_shutdown

from purser import task_context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")

app = Celery("purser")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
task_context.connect()


def _trace(**_: Any) -> None:
    from purser import tracing

    tracing.start("worker")


def _flush(**_: Any) -> None:
    from purser import tracing

    tracing.stop()


worker_init.connect(_trace, weak=False)
worker_process_shutdown.connect(_flush, weak=False)
worker_shutdown.connect(_flush, weak=False)
