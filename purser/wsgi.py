"""The web process: `granian --interface wsgi purser.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from purser import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
# Most of its threads wait for events without a connection, so the others share a few of them.
os.environ.setdefault("DATABASE_POOL_SIZE", "8")

# Before the application is made: it reads its middleware then.
tracing.start("web")
application = get_wsgi_application()

# What is loaded by now stays for the life of the process: the collector need not walk it again and again, which took
# every tenth page a good deal longer.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
