"""wsgi.input (PEP 3333, "Input and Error Streams"): the body, read from the connection as the application asks.

Nothing is read ahead beyond one record, so an application that is slow to read slows its client, not our memory.
"""

from __future__ import annotations

from ..disconnect import InputCutShort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterator, List, Optional


class NoInput:
    """The input of a request without a body. It has no state, so all requests share one."""

    __slots__ = ()

    def read(self, size: Optional[int] = -1) -> bytes:
        return b''

    def readline(self, size: Optional[int] = -1) -> bytes:
        return b''

    def readlines(self, hint: Optional[int] = -1) -> List[bytes]:
        return []

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """Does no harm."""


NO_INPUT = NoInput()


class Input:
    """The input of a request with a body.

    `receive` returns the content of the next STDIN record, b'' at the end, and raises OSError when the other
    side gave up. `length` is CONTENT_LENGTH; None means that STDIN alone says where the body ends.
    """

    __slots__ = ('_receive', '_left', '_block', '_at', '_length')

    def __init__(self, receive: Callable[[], bytes], length: Optional[int]) -> None:
        self._receive: Callable[[], bytes] = receive
        self._length = length
        self._left = length
        self._block = b''
        self._at = 0

    def read(self, size: Optional[int] = -1) -> bytes:
        """Up to `size` octets, fewer only at the end; everything when size is None or negative."""
        wanted = -1 if size is None else size
        parts: List[bytes] = []
        while wanted and self._available():
            end = len(self._block) if wanted < 0 else min(len(self._block), self._at + wanted)
            part = self._take(end)
            parts.append(part)
            if wanted > 0:
                wanted -= len(part)
        return parts[0] if len(parts) == 1 else b''.join(parts)

    def readline(self, size: Optional[int] = -1) -> bytes:
        """Up to and with the next LF, at most `size` octets."""
        wanted = -1 if size is None else size
        parts: List[bytes] = []
        while wanted and self._available():
            end = len(self._block) if wanted < 0 else min(len(self._block), self._at + wanted)
            line_feed = self._block.find(b'\n', self._at, end)
            if line_feed >= 0:
                parts.append(self._take(line_feed + 1))
                break
            part = self._take(end)
            parts.append(part)
            if wanted > 0:
                wanted -= len(part)
        return parts[0] if len(parts) == 1 else b''.join(parts)

    def readlines(self, hint: Optional[int] = -1) -> List[bytes]:
        """All lines, or lines until `hint` octets have been read."""
        lines: List[bytes] = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b'')

    def close(self) -> None:
        """Does no harm; what is left of the body is dealt with after the answer."""

    def detach(self) -> None:
        """The request is over: the connection belongs to the next one, so a late read fails."""
        self._receive = _too_late
        self._block, self._at = b'', 0

    def _take(self, end: int) -> bytes:
        part = self._block[self._at : end]
        self._at = end
        return part

    def _available(self) -> bool:
        """Makes at least one octet available; False at the end of the body."""
        while self._at >= len(self._block):
            if self._left == 0:
                return False
            block = self._receive()
            self._at = 0
            if not block:
                self._block = b''
                if self._left is not None:
                    raise InputCutShort(
                        f'the request body ended after {(self._length or 0) - self._left} of {self._length} octets'
                    )
                self._left = 0
                return False
            if self._left is not None:
                block = block[: self._left]
                self._left -= len(block)
            self._block = block
        return True


def _too_late() -> bytes:
    raise ValueError('wsgi.input was read after its request had ended')
