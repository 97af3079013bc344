"""What a fork-server imports before the first script: what those would import themselves, each request anew.

Only modules without side effects that are worth keeping: each saves from 0.2 to 10 ms in a script that imports it, and
costs one that does not the few pages it makes the process larger by.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Callable, List, Optional

DEFAULT = (
    'cgi', 'cgitb', 'json', 're', 'html', 'html.parser', 'urllib.parse', 'urllib.request', 'datetime', 'time', 'calendar',
    'http.cookies', 'hashlib', 'hmac', 'base64', 'random', 'secrets', 'uuid', 'string', 'textwrap', 'traceback', 'io',
    'codecs', 'locale', 'collections', 'collections.abc', 'itertools', 'functools', 'operator', 'math', 'decimal', 'copy',
    'csv', 'struct', 'tempfile', 'shutil', 'glob', 'fnmatch', 'pathlib', 'stat', 'subprocess', 'threading', 'logging',
    'argparse', 'configparser', 'sqlite3', 'smtplib', 'email.mime.text', 'email.mime.multipart', 'email.message', 'gzip',
    'zlib', 'pickle', 'contextlib', 'typing', 'enum', 'dataclasses', 'warnings', 'fcntl', 'select', 'socket', 'ssl',
    'wsgiref.handlers', 'xml.etree.ElementTree', 'mimetypes', 'types', 'platform', 'getopt', 'optparse', 'unicodedata',
)  # fmt: skip


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
            importlib.import_module(name)
        except BaseException as error:
            if names is not None:
                raise Unfit(name, f'{type(error).__name__}: {error}') from None
        if threads() > 1:
            raise Unfit(name, 'it starts a thread, which a fork would not take along')


def threads() -> int:
    """Of this process, also those that Python does not know."""
    try:
        return len(os.listdir('/proc/self/task'))
    except OSError:
        return len(sys._current_frames())
