"""Does another Python on this machine have the module that ours misses? Asked only when a start has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import List

_ASK = 'import importlib.util,sys;sys.exit(importlib.util.find_spec(sys.argv[1]) is None)'
_SECONDS = 5.0


def other_interpreters_with(module: str, directory: str) -> List[str]:
    """Interpreters (the virtual environments near the application, the system's) that can find a top-level module."""
    if not module.isidentifier():
        return []
    folders = [os.environ.get('VIRTUAL_ENV', ''), os.path.join(directory, '.venv'), os.path.join(directory, 'venv')]
    candidates = [os.path.join(folder, 'bin', 'python') for folder in folders if folder]
    candidates += ['/usr/local/bin/python3', '/usr/bin/python3']
    found: List[str] = []
    for candidate in candidates:
        if candidate in found or _is_ours(candidate) or not os.access(candidate, os.X_OK):
            continue
        if _has(candidate, module):
            found.append(candidate)
    return found


def _is_ours(candidate: str) -> bool:
    """A virtual environment's python is a link to its base, so the folder tells, not the file behind it."""
    if not sys.executable:
        return False
    same_folder = os.path.realpath(os.path.dirname(candidate)) == os.path.realpath(os.path.dirname(sys.executable))
    return same_folder and os.path.realpath(candidate) == os.path.realpath(sys.executable)


def _has(python: str, module: str) -> bool:
    try:
        # -I: neither our environment nor our directory may answer for the other interpreter.
        done = subprocess.run(
            [python, '-I', '-c', _ASK, module],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=_SECONDS, cwd='/', check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
