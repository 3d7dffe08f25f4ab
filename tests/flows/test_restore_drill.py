"""A database is lost and restored from an older backup: nothing is ended before an operator has looked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OWN = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")


def test_an_old_backup_ends_no_machine_and_says_what_it_would(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in OWN} | {"PURSER_ENV": "development"}
    command = [sys.executable, "manage.py", "restore_drill"]
    done = subprocess.run(command, cwd=REPOSITORY, env=kept, capture_output=True, text=True, timeout=420, check=False)
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["violations"] == []
    assert all(verdict["promises"].values()) and len(verdict["promises"]) == 12
    assert len(verdict["lost"]["launched_after"]) == 2
    assert verdict["frozen"]["terminate_calls"] == 0
