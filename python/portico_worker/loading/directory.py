"""The application's directory: current, and the first place where modules are looked for."""

from __future__ import annotations

import os
import sys

from ..failure import StartFailure


def come_first(directory: str) -> None:
    """The application's directory is the first place where modules are looked for."""
    sys.path[:] = [directory] + [entry for entry in sys.path if entry not in ('', directory)]


def enter(application: str, directory: str) -> None:
    """The application's directory becomes the current one and the first on sys.path."""
    try:
        os.chdir(directory)
    except OSError as error:
        message = f'Cannot enter the directory of application "{application}", "{directory}": {error.strerror}'
        hint = 'Correct "directory"'
        if isinstance(error, PermissionError):
            hint = f'Let user {os.geteuid()} read and search it and the directories above it'
        raise StartFailure('directory', message, hint) from None
    come_first(directory)
