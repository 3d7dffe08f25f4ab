"""Every setting of Purser, read from the environment; docs/configuration.md and .env.example list the variables.

A bad value stops the process with the variable's name. Apps read these through `django.conf.settings`; a file here
holds those of one subject, and Django takes what is in capitals.
"""

from purser.settings.api import *
from purser.settings.apps import *
from purser.settings.browsers import *
from purser.settings.login import *
from purser.settings.process import *
from purser.settings.product import *
from purser.settings.servers import *
from purser.settings.tasks import *
from purser.settings.telling import *
