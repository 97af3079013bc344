"""The stdin of a script: a pipe that is written as the script reads, and closed where the input ends."""

from __future__ import annotations

import os
from select import EPOLLOUT
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from .loop import Loop

#: Input that waits for the script, in octets; above it the connection is not read.
_FULL = 1 << 16


class InputPipe:
    """Owns the writing end; `drained` is told when it takes more again. A script that wants no input loses the rest."""

    __slots__ = ('_loop', '_end', '_waiting', '_ended', '_watched', '_drained')

    def __init__(self, loop: 'Loop', end: int, drained: Callable[[], None]) -> None:
        os.set_blocking(end, False)
        self._loop = loop
        self._end = end
        self._waiting = bytearray()
        self._ended = self._watched = False
        self._drained = drained

    @property
    def full(self) -> bool:
        """Nothing more is to be given for now."""
        return len(self._waiting) >= _FULL

    def give(self, content: bytes, ended: bool) -> None:
        """Before the script is started this is usually all of it, and then no event is ever needed."""
        if self._end < 0:
            return
        waited = bool(self._waiting)
        self._waiting += content
        self._ended = ended
        if not waited:
            self._write()
            self._listen()

    def watch(self) -> None:
        """The script has the other end."""
        if self._end >= 0:
            self._watched = True
            # Without anything to write too: that the script has closed its end is told even so.
            self._loop.watch(self._end, EPOLLOUT if self._waiting else 0, self._on_event)

    def forget(self) -> None:
        """The script will not have it; another may."""
        if self._watched:
            self._watched = False
            self._loop.forget(self._end)

    def close(self) -> None:
        self.forget()
        self._waiting.clear()
        if self._end >= 0:
            os.close(self._end)
            self._end = -1

    def _write(self) -> None:
        if self._waiting:
            try:
                written = os.write(self._end, self._waiting)
            except BlockingIOError:
                return
            except OSError:
                self.close()  # nobody reads it any more
                return
            del self._waiting[:written]
        if self._ended and not self._waiting:
            self.close()

    def _listen(self) -> None:
        if self._watched:
            self._loop.change(self._end, EPOLLOUT if self._waiting else 0)

    def _on_event(self, events: int) -> None:
        if events & EPOLLOUT:
            self._write()
        else:
            self.close()
        self._listen()
        if not self.full:
            self._drained()
