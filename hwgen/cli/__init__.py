"""The commands: arguments, progress and printing, nothing else."""

from hwgen.cli.app import main

__all__ = ["main"]
