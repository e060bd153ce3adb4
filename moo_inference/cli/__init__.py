"""The command line."""

from moo_inference.cli.app import main

__all__ = ["main"]
