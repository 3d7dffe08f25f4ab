"""`python -m purser_client.cli` is `purser`."""

import sys

from purser_client.cli.main import main

sys.exit(main())
