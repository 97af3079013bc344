"""Descriptors 0, 1 and 2 of a CGI program (RFC 3875, sections 4.2 and 6.1): the input, the output, the errors.

The application gets none of the first two. What it prints goes to the errors, as in a worker, and neither it nor a
program it starts can take the input away or hold the output open.
"""

from __future__ import annotations

import os
import sys

from ..disconnect import Disconnected
from ..wsgi.input import NO_INPUT, Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Union

_READ_SIZE = 65536
_ERRORS = 2


class Streams:
    """Takes the descriptors on construction. To an answer it is the peer: `broken` when nobody reads the output."""

    __slots__ = ('broken', 'aborted', 'active', '_input', '_output', '_left')

    def __init__(self) -> None:
        for descriptor in (0, 1, 2):
            _hold(descriptor)
        self.broken = self.aborted = False
        self.active = 0
        self._input, self._output = os.dup(0), os.dup(1)
        self._left = 0
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(_ERRORS, 1)
        # A new one: the old one may know of its descriptor that it can seek.
        sys.stdout = sys.__stdout__ = open(1, 'w', 1, 'utf-8', 'backslashreplace', closefd=False)  # type: ignore[misc]
        errors: Any = sys.stderr
        if errors is not None:
            errors.reconfigure(line_buffering=True)
        os.register_at_fork(after_in_child=self.close)

    def attend(self) -> None:
        """A reader that has gone is met by the next write."""

    def input(self, environ: Dict[str, str]) -> Any:
        """wsgi.input: CONTENT_LENGTH octets, and no octet more is taken from the descriptor."""
        length = environ.get('CONTENT_LENGTH')
        if length is None:
            # A body without a length: Apache passes a chunked one on like that, and Portico ends every input. With any
            # other server there is none, and its descriptor may never end.
            ends = 'HTTP_TRANSFER_ENCODING' in environ or environ.get('SERVER_SOFTWARE', '').startswith('Portico')
            self._left = -1
            return Input(self._receive, None) if ends else NO_INPUT
        self._left = int(length)
        return Input(self._receive, self._left) if self._left else NO_INPUT

    def write(self, data: Union[bytes, memoryview]) -> None:
        """Writes all of it; Disconnected when nobody reads it."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._output, left) :]
            except BlockingIOError:
                _wait(self._output, reading=False)
            except OSError as error:
                self.broken = True
                raise Disconnected('the server takes no more of the answer') from error

    def write_errors(self, text: bytes) -> None:
        """Text for the log; lost when nobody reads it."""
        left = memoryview(text)
        while left:
            try:
                left = left[os.write(_ERRORS, left) :]
            except BlockingIOError:
                _wait(_ERRORS, reading=False)
            except OSError:
                return

    def close(self) -> None:
        """Ends the output; in a forked child, lets go of both."""
        self.broken = True
        for descriptor in (self._input, self._output):
            try:
                os.close(descriptor)
            except OSError:
                pass
        self._input = self._output = -1

    def _receive(self) -> bytes:
        size = _READ_SIZE if self._left < 0 else min(_READ_SIZE, self._left)
        while True:
            try:
                block = os.read(self._input, size)
                break
            except BlockingIOError:
                _wait(self._input, reading=True)
        if self._left > 0:
            self._left -= len(block)
        return block


def _hold(descriptor: int) -> None:
    """A number that is not open would be that of the next file."""
    try:
        os.fstat(descriptor)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _wait(descriptor: int, reading: bool) -> None:
    """For a descriptor that the server has set to non-blocking; that is its affair as well as ours."""
    import select

    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN if reading else select.POLLOUT)
    waiting.poll()
