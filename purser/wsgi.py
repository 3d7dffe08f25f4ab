"""The web process: `granian --interface wsgi purser.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from purser import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")

# Before the application is made: it reads its middleware then.
tracing.start("web")
application = get_wsgi_application()
