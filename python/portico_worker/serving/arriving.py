"""Input that has come and is not read yet: in memory, and beyond a limit in an unnamed file."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from threading import Condition, Lock
from typing import Any, Deque, Optional

from ..disconnect import Disconnected, InputCutShort
from .limits import INPUT_IDLE_SECONDS, INPUT_MEMORY, READ_SIZE


class Arriving:
    """Written by the thread that reads the connection, read by the application. `held`: octets that wait."""

    __slots__ = ('held', '_blocks', '_ended', '_lost', '_changed', '_file', '_written', '_read')

    def __init__(self) -> None:
        self.held = 0
        self._blocks: Deque[bytes] = deque()
        self._ended = self._lost = False
        self._changed = Condition(Lock())
        #: Holds what came after the blocks, from `_read` to `_written`.
        self._file: Any = None
        self._written = self._read = 0

    def put(self, block: bytes, spill: bool) -> None:
        """One block more; with `spill` not into memory when enough is there. OSError when the file takes no more."""
        with self._changed:
            if self._lost:
                return
            if self._written or (spill and self.held >= INPUT_MEMORY):
                self._store(block)
            else:
                self._blocks.append(block)
            self.held += len(block)
            self._changed.notify()

    def end(self) -> None:
        """No more comes."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def lose(self) -> None:
        """The request is given up: who reads, now or later, meets Disconnected."""
        with self._changed:
            self._lost = True
            self._release()
            self._changed.notify_all()

    def take(self) -> bytes:
        """The next block, b'' at the end. Waits; Disconnected, or InputCutShort when nothing comes for too long."""
        with self._changed:
            while not self.held:
                if self._lost:
                    raise Disconnected('the front server gave up the request')
                if self._ended:
                    return b''
                if not self._changed.wait(INPUT_IDLE_SECONDS) and not (self.held or self._ended or self._lost):
                    raise InputCutShort(f'no more of the request body came for {INPUT_IDLE_SECONDS:.0f} seconds')
            block = self._blocks.popleft() if self._blocks else self._stored()
            self.held -= len(block)
            return block

    def _store(self, block: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix='portico-', buffering=0)
        view = memoryview(block)
        while view:
            count = os.pwrite(self._file.fileno(), view, self._written)
            self._written += count
            view = view[count:]

    def _stored(self) -> bytes:
        block = os.pread(self._file.fileno(), READ_SIZE, self._read)
        self._read += len(block)
        if self._read == self._written:
            os.ftruncate(self._file.fileno(), 0)
            self._read = self._written = 0
        return block

    def _release(self) -> None:
        self._blocks.clear()
        self.held = self._read = self._written = 0
        file: Optional[Any] = self._file
        self._file = None
        if file is not None:
            file.close()
