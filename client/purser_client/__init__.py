"""Purser's REST API for Python: a typed client, its refusals as exceptions, and the command line `purser`."""

from purser_client.problems import Problem
from purser_client.session import Purser

__all__ = ["Problem", "Purser"]
