"""wsgi.errors (PEP 3333, "Input and Error Streams"): text that travels as STDERR records of its request.

Whole lines leave at once, a partial line on flush or at the end. After the request, or when the connection is
broken, the text goes to the stderr of the process, where the supervisor reads it too.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterable, List


class Errors:
    """The text stream of one request; `send` returns False when the request can take no more."""

    __slots__ = ('_send', 'pending')

    encoding = 'utf-8'

    def __init__(self, send: Callable[[bytes], bool]) -> None:
        self._send = send
        self.pending: List[str] = []

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f'wsgi.errors takes str, not {type(text).__name__}')
        self.pending.append(text)
        if '\n' in text:
            whole, line_feed, rest = ''.join(self._drain()).rpartition('\n')
            if rest:
                self.pending.append(rest)
            self._emit(whole + line_feed)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self.pending:
            self._emit(''.join(self._drain()))

    def isatty(self) -> bool:
        return False

    def _drain(self) -> List[str]:
        parts, self.pending = self.pending, []
        return parts

    def _emit(self, text: str) -> None:
        if text and not self._send(text.encode('utf-8', 'backslashreplace')):
            stream = sys.stderr
            if stream is not None:
                stream.write(text)
