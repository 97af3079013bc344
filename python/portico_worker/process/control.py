"""Descriptor 3, the control socket to the supervisor: one JSON object a line in each direction.

Its end is the lifeline: when the supervisor is gone, the worker is gone at once, even in the middle of an import.
"""

from __future__ import annotations

import json
import os
import select
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Callable, Dict, List, NoReturn, Optional

DESCRIPTOR = 3


def _end() -> NoReturn:
    os._exit(1)


def _command(line: bytes) -> Dict[str, Any]:
    """Empty for what cannot be understood."""
    try:
        command = json.loads(line)
    except ValueError:
        return {}
    return command if isinstance(command, dict) else {}


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

    def watch(self, answer: Callable[[str], Any], until: Optional[int] = None) -> Thread:
        """From now on a thread reads the descriptor; `answer` gives the event to a command name, or None.

        The thread ends when the descriptor `until` can be read.
        """
        thread = Thread(target=self._read, args=(answer, until), name='portico-control', daemon=True)
        thread.start()
        return thread

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def has_line(self) -> bool:
        """The next line can be had without waiting."""
        return b'\n' in self._rest

    def is_readable(self, until: Optional[int] = None) -> bool:
        """Octets are there to be read; with `until` waits for them or for that descriptor."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if until is not None:
            poll.register(until, select.POLLIN)
        found = {descriptor for descriptor, _events in poll.poll(0 if until is None else None)}
        return until not in found and self._descriptor in found

    def read_commands(self) -> List[Dict[str, Any]]:
        """For a process without threads: the commands that are whole now, which is none when nothing has come."""
        data = b''
        if self.is_readable():
            try:
                data = os.read(self._descriptor, 65536)
            except OSError:
                pass
            if not data:
                self._gone()
        *lines, self._rest = (self._rest + data).split(b'\n')
        return [command for command in map(_command, lines) if command]

    def when_gone(self, gone: Callable[[], NoReturn]) -> None:
        """From now on the end of the supervisor means this."""
        self._gone = gone

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

    def _read(self, answer: Callable[[str], Any], until: Optional[int]) -> None:
        while until is None or self.has_line() or self.is_readable(until):
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
