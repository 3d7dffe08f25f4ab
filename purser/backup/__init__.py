"""Backups of everything Purser remembers, and the careful way back: docs/howto/back-up-and-restore.md."""


class BackupError(Exception):
    """One sentence for the operator: what is wrong, and what to do."""
