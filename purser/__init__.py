# Imported for its effect: without the app, `@shared_task` would dial amqp://localhost.
from purser.celery import app as celery_app

__all__ = ["celery_app"]
