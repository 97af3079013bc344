"""What a fork-server imports before the first script: what those would import themselves, each request anew.

A module pays when scripts often import it and that costs them much: cgi 7 ms, subprocess 3 ms, csv 1 ms. All that cgi
imports makes each fork 0.2 ms dearer. Left out is what few scripts use or what is large: ssl, urllib.request,
email.mime, sqlite3, cgitb with pydoc (1 ms a fork); "preload" adds it where it is used.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from typing import Callable, List, Optional

DEFAULT = (
    'cgi', 'json', 're', 'html', 'html.parser', 'urllib.parse', 'datetime', 'time', 'calendar', 'http.cookies',
    'hashlib', 'hmac', 'base64', 'random', 'secrets', 'string', 'traceback', 'locale', 'copy', 'csv', 'tempfile',
    'shutil', 'subprocess', 'threading', 'logging', 'warnings',
)


class Unfit(Exception):
    """This module cannot be imported in front of a fork; `why` is for the log."""

    def __init__(self, module: str, why: str) -> None:
        super().__init__(module, why)
        self.module = module
        self.why = why


def preload(names: Optional[List[str]], excluded: List[str], importing: Callable[[str], None]) -> None:
    """Imports them; None: the default ones that this Python has. Raises Unfit at the first that is not fit for it.

    `importing` hears which is next, so that somebody knows it when this process does not come back from there.
    """
    for name in DEFAULT if names is None else names:
        if name in excluded:
            continue
        if names is not None:
            importing(name)
        try:
            _import(name)
        except BaseException as error:
            if names is not None:
                raise Unfit(name, f'{type(error).__name__}: {error}') from None
        if threads() > 1:
            raise Unfit(name, 'it starts a thread, which a fork would not take along')


def _import(name: str) -> None:
    """One whose import warns is left to the scripts, which are to see it: with -W, or -X dev."""
    before = set(sys.modules)
    with warnings.catch_warnings(record=True) as shown:
        importlib.import_module(name)
    if shown:
        for new in [new for new in sys.modules if new not in before]:
            del sys.modules[new]


def threads() -> int:
    """Of this process, also those that Python does not know."""
    try:
        return len(os.listdir('/proc/self/task'))
    except OSError:
        return len(sys._current_frames())
