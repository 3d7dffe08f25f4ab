"""The web process: `granian --interface wsgi purser.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")

application = get_wsgi_application()
