"""The code of scripts, compiled once in the fork-server and used by every child until the file changes; bounded."""

from __future__ import annotations

import os
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict, Optional, Tuple

_MAX_REMEMBERED = 256
#: A script larger than this is left to its own process: the next request must not wait for its compilation.
_MAX_SIZE = 1 << 20


class Compiled:
    """By path and stamp, so that a change is seen by the next request."""

    def __init__(self) -> None:
        self._known: Dict[bytes, Tuple[Tuple[int, ...], Optional[CodeType]]] = {}

    def code(self, path: bytes, stamp: Tuple[int, ...]) -> Optional[CodeType]:
        """None when it cannot be read or compiled, or only with warnings: Python itself is to say that, each time."""
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        code, same = _compile(path, stamp)
        if same:
            self._known[path] = (stamp, code)
        return code


def _compile(path: bytes, stamp: Tuple[int, ...]) -> Tuple[Optional[CodeType], bool]:
    """The code, and whether the file is the one with the stamp: it may have been replaced since."""
    try:
        with open(path, 'rb') as file:
            info = os.fstat(file.fileno())
            same = (info.st_dev, info.st_ino, info.st_mtime_ns, info.st_size) == stamp
            if info.st_size > _MAX_SIZE:
                return None, same
            source = file.read()
        if b'coding' not in b''.join(source.split(b'\n', 2)[:2]):
            source.decode('utf-8')  # which compile() does not check in comments, but Python does in a file
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            return compile(source, os.fsdecode(path), 'exec', dont_inherit=True), same
    except Exception:
        return None, True
