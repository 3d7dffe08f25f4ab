#!/usr/bin/env python
"""Django's command line for Purser."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
    if sys.argv[1:2] == ["demo"]:
        # A demo is never production, and asks nobody to set anything first.
        os.environ.setdefault("PURSER_ENV", "development")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A bad variable is the operator's to mend: the sentence says which; a traceback says nothing more.
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
