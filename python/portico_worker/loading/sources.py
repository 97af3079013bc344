"""Says which files the application is made of, for --reload: sources as they are imported, templates as they are read.

Only the supervisor looks whether they change, so that code which hangs, dies or never imports is watched like any
other. A file is told before it is read: what cannot be compiled is known, too. Active with --reload only.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import time
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from typing import Any, Callable, Dict, Set, Tuple

from ..report import OWN_FOLDER

#: Templates are kept in memory by Jinja2 and by Django from 4.1 on, whatever DEBUG says.
TEMPLATE_SUFFIXES = ('.html', '.htm', '.jinja', '.jinja2', '.j2', '.mako')
#: Of a file that is not there.
NO_FILE = 'none'
#: A .pyc holds the whole second of its source: within it two versions of the same size look alike. Seconds.
_YOUNG = 2.0
#: Files told of at most.
_MOST = 20_000


class Sources:
    """`send` takes events for the supervisor."""

    def __init__(self, send: Callable[[Dict[str, Any]], None]) -> None:
        self._send = send
        self._told: Set[str] = set()
        self._foreign = _installed()

    def install(self) -> None:
        """From now on every import of a source or extension module and every template that is opened is told."""
        path_stats, create_module = SourceFileLoader.path_stats, ExtensionFileLoader.create_module
        tell = self.tell

        def telling_stats(loader: SourceFileLoader, path: str) -> Any:
            if tell(path) and time.time() - os.stat(path).st_mtime < _YOUNG:
                raise OSError('compiled anew, and not kept')  # importlib then reads the source itself
            return path_stats(loader, path)

        def telling_create(loader: ExtensionFileLoader, spec: Any) -> Any:
            tell(loader.path)
            return create_module(loader, spec)

        SourceFileLoader.path_stats = telling_stats  # type: ignore[assignment]
        ExtensionFileLoader.create_module = telling_create  # type: ignore[assignment]
        sys.addaudithook(self._hear)

    def tell(self, path: str) -> bool:
        """Tells of a file once; False for one that belongs to Python, to an installed package or to Portico."""
        try:
            path = os.path.abspath(path)
            if path.startswith(self._foreign):
                return False
            if path not in self._told and len(self._told) < _MOST:
                self._told.add(path)
                self._send({'event': 'loaded', 'path': path, 'stamp': stamp(path)})
            return True
        except (TypeError, ValueError):
            return False  # a loader with a path of its own kind

    def _hear(self, event: str, arguments: Tuple[Any, ...]) -> None:
        # Whatever is raised here would be raised by the application's open().
        if event != 'open' or len(arguments) != 3:
            return
        path, _, flags = arguments
        if type(path) is str and path.endswith(TEMPLATE_SUFFIXES) and type(flags) is int:
            if not flags & (os.O_WRONLY | os.O_RDWR):
                self.tell(path)


def stamp(path: str) -> str:
    """Modification time, size and inode as the supervisor writes them (file-stamp.ts)."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return NO_FILE
    return f'{found.st_mtime_ns}:{found.st_size}:{found.st_ino}'


def _installed() -> Tuple[str, ...]:
    """Folders whose files nobody edits: the standard library, installed packages, this package."""
    names = ('stdlib', 'platstdlib', 'purelib', 'platlib')
    folders = {sysconfig.get_paths().get(name, '') for name in names}
    folders.update(getattr(site, 'getsitepackages', list)())
    folders.add(getattr(site, 'getusersitepackages', str)())
    # A virtual environment runs the standard library of the interpreter it was made from; Debian's packages have
    # a folder that sysconfig does not know.
    folders.add(os.path.dirname(os.__file__))
    folders.update(entry for entry in sys.path if os.path.basename(entry) in ('site-packages', 'dist-packages'))
    folders.add(OWN_FOLDER)
    return tuple(os.path.join(folder, '') for folder in sorted(folders) if folder)
