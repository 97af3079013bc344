"""wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling"): a file as a result.

Returned as it is, the worker sends the file in large pieces through one buffer; iterated or wrapped by the
application, it is an ordinary iterable of blocks.
"""

from __future__ import annotations

import io
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Optional

#: Exactly these types are known to read what they hold; anything derived (GzipFile, ...) is asked by read().
_PLAIN = (io.FileIO, io.BufferedReader, io.BufferedRandom, io.BytesIO)


class FileWrapper:
    """An iterable over the rest of a file-like object."""

    __slots__ = ('filelike', 'block_size')

    def __init__(self, filelike: Any, block_size: int = 8192) -> None:
        self.filelike = filelike
        self.block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self.filelike.read(self.block_size)
        if block:
            return block
        raise StopIteration

    def close(self) -> None:
        close = getattr(self.filelike, 'close', None)
        if close is not None:
            close()


def fill_of(filelike: Any) -> Optional[Callable[[memoryview], Optional[int]]]:
    """How to read a plain file straight into a buffer, one read call at most; None for anything else."""
    kind = type(filelike)
    if kind not in _PLAIN:
        return None
    return filelike.readinto if kind is io.FileIO else filelike.readinto1


def rest_of(filelike: Any) -> Optional[int]:
    """Octets from the current position to the end of a regular file; None when that cannot be known."""
    if type(filelike) not in _PLAIN:
        return None
    try:
        if type(filelike) is io.BytesIO:
            return max(0, len(filelike.getbuffer()) - filelike.tell())
        status = os.fstat(filelike.fileno())
        return max(0, status.st_size - filelike.tell()) if stat.S_ISREG(status.st_mode) else None
    except (OSError, ValueError):
        return None
