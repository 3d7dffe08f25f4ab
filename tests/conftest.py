"""What every test shares. Started before Django reads its settings."""

import os

os.environ.setdefault("PURSER_ENV", "test")
