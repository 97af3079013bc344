"""The lane: calls without input that come through memory shared with the HTTP process, all for one thread (embedded mode).

Each slot keeps its connection and its thread. The lane's thread works on the slot's behalf when the whole call lies in the
memory, and a whole small answer goes back the same way; all else goes over the connection as ever. Who sleeps is rung
awake with one octet. The shape of the memory is told by the HTTP process (src/backend/embedded/lane.ts).
"""

from __future__ import annotations

import mmap
import os
import socket
import traceback
from threading import Lock
from typing import Any, Dict, NamedTuple, Optional

from .connection import Connection
from .interrupt import RequestTimeout
from .slot import Hosting, Listener, Slot

#: Numbers of 32-bit words; what each side writes stands in a cache line of its own.
_POSTED, _ASLEEP, _TAKEN, _BUSY, _RUNG, _ENTRIES = 0, 16, 32, 33, 48, 64
_ENTRY_WORDS = 4
#: Where the bytes of the first entry begin.
_ENTRIES_AT = 4096
_ANSWERED, _RETURNED, _ELSEWHERE = 2, 3, 4
_WRAP = 0xFFFFFFFF


class LaneSettings(NamedTuple):
    """`memory` and `bell` are descriptors; sizes are octets."""

    memory: int
    bell: int
    entries: int
    call_bytes: int
    answer_bytes: int


class Lane(Slot):
    """One thread for whole calls, and the memory they come through."""

    __slots__ = ('_places', '_memory', '_words', '_bell', '_mask', '_call_bytes', '_answer_bytes')
    __slots__ += ('_taken', '_taking', '_fence', '_entry', '_begun')

    def __init__(self, hosting: Hosting, listener: Listener, settings: LaneSettings, places: Dict[int, Connection]) -> None:
        super().__init__(hosting, listener, 'lane')
        #: The connections of the slots, by number.
        self._places = places
        self._mask = settings.entries - 1
        self._call_bytes, self._answer_bytes = settings.call_bytes, settings.answer_bytes
        size = _ENTRIES_AT + settings.entries * (settings.call_bytes + settings.answer_bytes)
        self._memory = mmap.mmap(settings.memory, size)
        os.close(settings.memory)
        self._words = memoryview(self._memory).cast('I')
        self._bell = socket.socket(fileno=settings.bell)
        self._bell.setblocking(True)
        self._taken = 0
        self._taking = Lock()
        #: Taking it keeps a load from the memory behind the store before it (the lane is for x86, which keeps all else).
        self._fence = Lock()
        #: The call at work, until it is answered; its entry.
        self._entry: Optional[int] = None
        self._begun = False

    def answer(self, connection: Connection, data: bytes) -> bool:
        """The whole answer to the call at work, which is on this connection; False when it does not fit."""
        entry = self._entry
        if entry is None or connection is not self.connection or len(data) > self._answer_bytes:
            return False
        at = _ENTRIES_AT + entry * (self._call_bytes + self._answer_bytes) + self._call_bytes
        self._memory[at : at + len(data)] = data
        self._words[_ENTRIES + entry * _ENTRY_WORDS + 3] = len(data)
        self._settle(entry, _ANSWERED)
        self._entry = None
        return True

    def spread(self) -> None:
        """The call at work takes long: gives back those behind it. Called by another thread."""
        with self._taking:
            posted = self._words[_POSTED]
            while self._taken != posted:
                entry = self._taken & self._mask
                self._count()
                self._settle(entry, _RETURNED)

    def close_in_child(self) -> None:
        """In a forked child: neither the memory nor the bell is the child's."""
        self._entry = None
        self._words = memoryview(bytearray(4 * _ENTRIES)).cast('I')
        self._bell.close()
        super().close_in_child()

    def _live(self) -> None:
        try:
            super()._live()
        finally:
            self._bell.close()  # the HTTP process hears that nobody takes its calls any more

    def _serve_next(self) -> None:
        """One call, or the sleep before it."""
        entry = self._take()
        if entry is None:
            return
        self._entry, self._begun = entry, False
        words = self._words
        words[_BUSY] = 1
        try:
            self._serve_call(entry)
        except RequestTimeout:
            pass  # meant for a call that had ended by itself in the meantime
        except OSError:
            pass  # its connection is closed
        except Exception:
            traceback.print_exc()  # a fault of ours must not take the lane along
        finally:
            connection, self.connection = self.connection, None
            if connection is not None:
                connection.lane = None
                if connection.broken:
                    self._end(connection)
            self._words[_BUSY] = 0
            if self._entry is not None:
                self._entry = None
                self._settle(entry, _ELSEWHERE if self._begun else _RETURNED)

    def _serve_call(self, entry: int) -> None:
        at = _ENTRIES + entry * _ENTRY_WORDS
        connection = self._places.get(self._words[at + 1])
        if connection is None or connection.broken:
            self._begun = True  # nobody waits for it
            return
        start = _ENTRIES_AT + entry * (self._call_bytes + self._answer_bytes)
        request = self.hosting.openings.read(self._memory[start : start + self._words[at + 2]])
        if request is None or request[3] is not None:
            return
        self._begun = True
        connection.active = request[1]
        connection.input_ended, connection.aborted = True, False
        connection.lane = self
        self.connection = connection
        self._serve_request(connection, request[0])

    def _take(self) -> Optional[int]:
        """The entry of the next call; None when there was none, after a sleep."""
        words = self._words
        with self._taking:
            if self._taken != words[_POSTED]:
                entry = self._taken & self._mask
                self._count()
                return entry
        words[_ASLEEP] = 1
        with self._fence:
            pass
        if self._taken == words[_POSTED] and not self._rung():
            raise SystemExit  # the HTTP process has let go of it
        words[_ASLEEP] = 0
        return None

    def _rung(self) -> bool:
        """Sleeps until the bell rings; False when it never will again (reset, where our last ring was not read)."""
        try:
            return bool(self._bell.recv(64))
        except ConnectionError:
            return False

    def _end(self, connection: Connection) -> None:
        """It cannot be used any more; the slot's own thread notices and closes it."""
        try:
            connection.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _count(self) -> None:
        self._taken = self._words[_TAKEN] = (self._taken + 1) & _WRAP

    def _settle(self, entry: int, status: int) -> None:
        words = self._words
        words[_ENTRIES + entry * _ENTRY_WORDS] = status
        with self._fence:
            rung = words[_RUNG]
        if not rung:
            words[_RUNG] = 1
            try:
                self._bell.send(b'!')
            except ConnectionError:
                pass  # nobody waits any more; a call at work must not take it for a fault of its own
