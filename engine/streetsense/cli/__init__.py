"""The command line ``streetsense``."""

from streetsense.cli.main import main

__all__ = ["main"]
