"""Clouds' SDKs are large and slow to import: the web process plans without any of them."""

import subprocess
import sys

SCRIPT = """
import sys
import purser.wsgi
from fleet.api import urls  # every view
from fleet.domain.demand import Demand
from fleet.domain.market import Market
from fleet.domain.memories import Memories
from fleet.domain.room import Room
from fleet.domain.weighing import plan
from datetime import UTC, datetime
now = datetime(2026, 1, 1, tzinfo=UTC)
plan(Demand(8, "H100"), Market.of([]), Memories({}, now), Room(), now=now)
sdks = {"boto3", "botocore", "google.cloud", "google.auth", "azure", "kubernetes"}
print(sorted(name for name in sys.modules if name in sdks))
"""


def test_the_web_process_plans_without_any_sdk_of_a_cloud():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
