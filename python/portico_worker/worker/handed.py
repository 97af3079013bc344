"""Connections that come as descriptors of this process, in place of a listening socket."""

from __future__ import annotations

import errno
import os
import socket
from queue import SimpleQueue
from typing import Optional, Tuple


class HandedConnections:
    """What a slot needs of a listener: each `accept` gives one connection that was handed in."""

    def __init__(self) -> None:
        self._waiting: 'SimpleQueue[Optional[Tuple[socket.socket, int]]]' = SimpleQueue()
        self._closed = False

    def hand(self, descriptor: int, place: int = 0) -> None:
        """From now on the descriptor is a connection of this worker; `place` is its number."""
        if self._closed:
            os.close(descriptor)
        else:
            self._waiting.put((socket.socket(fileno=descriptor), place))

    def accept(self) -> Tuple[socket.socket, int]:
        """Waits for the next connection, and its number; OSError when there will be none."""
        handed = self._waiting.get()
        if handed is None:
            self._waiting.put(None)  # for the next thread that waits
            raise OSError(errno.EBADF, 'closed')
        return handed

    def fileno(self) -> int:
        """Negative once it is closed, as of a socket."""
        return -1 if self._closed else 0

    def stop(self) -> None:
        """Takes no more, and wakes who waits."""
        self._closed = True
        self._waiting.put(None)

    def close(self) -> None:
        """In a forked child: what waits here is not the child's."""
        self._closed = True
