"""Reads the first part of a multipart/form-data body piece by piece (RFC 7578, RFC 2046 section 5.1.1).

Just enough for a form with one file and nothing else: further parts are not looked at.
"""

from __future__ import annotations

from email.message import Message
from email.parser import HeaderParser
from typing import Iterable, Iterator, Optional

_HEAD_LIMIT = 16 * 1024


def boundary_of(content_type: str) -> Optional[bytes]:
    """Returns the boundary of a multipart/form-data Content-Type, None for any other."""
    message = Message()
    message['Content-Type'] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != 'multipart/form-data' or not boundary:
        return None
    return boundary.encode('latin-1')


class FirstPart:
    """The first part of a body: its head is read at once, its content as it is asked for."""

    def __init__(self, chunks: Iterable[bytes], boundary: bytes) -> None:
        """Raises ValueError when no complete part head is found."""
        self._chunks = iter(chunks)
        self._delimiter = b'\r\n--' + boundary
        # The first delimiter stands at the very start, without the line break the others have.
        self._kept = b'\r\n'
        self._until(self._delimiter)
        head = self._until(b'\r\n\r\n').lstrip(b'\r\n')
        self.filename: str = HeaderParser().parsestr(head.decode('utf-8', 'replace')).get_filename('')

    def content(self) -> Iterator[bytes]:
        """Yields the content. Raises ValueError when the body ends before the part does."""
        while self._delimiter not in self._kept:
            # The last octets may be the start of a delimiter that goes on in the next chunk.
            safe = max(len(self._kept) - len(self._delimiter) + 1, 0)
            yield self._kept[:safe]
            self._kept = self._kept[safe:] + self._next()
        yield self._kept.partition(self._delimiter)[0]

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._kept:
            if len(self._kept) > _HEAD_LIMIT:
                raise ValueError('the head of the first part is too long')
            self._kept += self._next()
        before, _, self._kept = self._kept.partition(mark)
        return before

    def _next(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise ValueError('the body ended in the middle of a part')
