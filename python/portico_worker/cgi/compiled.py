"""The code of scripts, compiled once in the fork-server and used by every child until the file changes; bounded."""

from __future__ import annotations

import os
import warnings
from types import CodeType
from typing import Dict, Optional, Tuple

_MAX_REMEMBERED = 256
#: A script larger than this is compiled by its own process: the next request must not wait for that.
_MAX_SIZE = 1 << 20


class Compiled:
    """By path and stamp, so that a change is seen by the next request."""

    def __init__(self) -> None:
        self._known: Dict[bytes, Tuple[Tuple[int, ...], Optional[CodeType]]] = {}

    def code(self, path: bytes, stamp: Tuple[int, ...]) -> Optional[CodeType]:
        """None: the process of the script is to compile it, because that fails or warns and is to be heard of there."""
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        code = None
        if stamp[3] <= _MAX_SIZE:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter('error')
                    code = compile_file(path, stamp)
            except Exception:
                pass
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[path] = (stamp, code)
        return code


def compile_file(path: bytes, stamp: Optional[Tuple[int, ...]] = None) -> CodeType:
    """As Python compiles a file it is started with; OSError also when it is not the one with the stamp any more."""
    with open(path, 'rb') as file:
        info = os.fstat(file.fileno())
        if stamp is not None and (info.st_dev, info.st_ino, info.st_mtime_ns, info.st_size) != stamp:
            raise OSError('the file has changed')
        source = file.read()
    return compile(source, os.fsdecode(path), 'exec', dont_inherit=True)
