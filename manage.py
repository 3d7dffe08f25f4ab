#!/usr/bin/env python
"""Django's command line for Purser."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

NO_DATABASE = (
    "Set DATABASE_URL and REDIS_URL. Beside a running `make run` say PURSER_ENV=development, beside `make demo` "
    "PURSER_ENV=development PURSER_DATA_DIR=.purser/demo."
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
    if sys.argv[1:2] == ["demo"]:
        # A demo is never production, and asks nobody to set anything first.
        os.environ.setdefault("PURSER_ENV", "development")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", ""):
            raise  # the database answered, so it is there
        sys.exit(f"The database cannot be reached: {error}".strip() + f"\n{NO_DATABASE}")
    except ImproperlyConfigured as error:
        # A bad variable is the operator's to mend: the sentence says which; a traceback says nothing more.
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
