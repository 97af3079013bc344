"""Descriptor 3, the control socket to the supervisor: one JSON object a line in each direction.

Its end is the lifeline: when the supervisor is gone, the worker is gone at once, even in the middle of an import.
"""

from __future__ import annotations

import json
import os
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Callable, Dict, NoReturn

DESCRIPTOR = 3


def _end() -> NoReturn:
    os._exit(1)


class Control:
    """`commands` receives every command that `answer` does not answer at once; `gone` is what its end means."""

    def __init__(self, descriptor: int = DESCRIPTOR, gone: Callable[[], NoReturn] = _end) -> None:
        self._descriptor = descriptor
        self._gone = gone
        self._lock = Lock()
        self._rest = b''
        self.commands: 'SimpleQueue[Dict[str, Any]]' = SimpleQueue()
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, True)

    def read_line(self) -> str:
        """The next line; does not return when the supervisor is gone."""
        while b'\n' not in self._rest:
            try:
                data = os.read(self._descriptor, 65536)
            except OSError:
                data = b''
            if not data:
                self._gone()
            self._rest += data
        line, _, self._rest = self._rest.partition(b'\n')
        return line.decode('utf-8')

    def read(self) -> Dict[str, Any]:
        """The next command that can be understood."""
        while True:
            try:
                command = json.loads(self.read_line())
            except ValueError:
                continue
            if isinstance(command, dict):
                return command

    def watch(self, answer: Callable[[str], Any]) -> None:
        """From now on a thread reads the descriptor; `answer` gives the event to a command name, or None."""
        Thread(target=self._read, args=(answer,), name='portico-control', daemon=True).start()

    def send(self, event: Dict[str, Any]) -> None:
        """Writes one event; a supervisor that is gone is noticed by the reader."""
        view = memoryview(json.dumps(event).encode('utf-8') + b'\n')
        try:
            with self._lock:
                while view:
                    view = view[os.write(self._descriptor, view) :]
        except OSError:
            return

    def close_in_child(self) -> None:
        """In a forked child of the application: the descriptor is not the child's, nor what comes over it."""
        try:
            os.close(self._descriptor)
        except OSError:
            pass
        self._descriptor = -1
        self._lock = Lock()  # another thread may have held it

    def _read(self, answer: Callable[[str], Any]) -> None:
        while True:
            line = self.read_line()
            try:
                command = json.loads(line)
                event = answer(command['command'])
            except (ValueError, KeyError, TypeError):
                continue  # a supervisor of another version; what we do not know we do not do
            if event is None:
                self.commands.put(command)
            else:
                self.send(event)
