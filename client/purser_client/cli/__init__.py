"""`purser`: what is held and what it costs, in a terminal."""

from purser_client.cli.main import main

__all__ = ["main"]
