"""sys.stdout and sys.stderr of the worker: text files that write whole lines to descriptors 1 and 2.

A line written while a request runs in that thread is prefixed with \\x01REQUEST_ID\\x02, so that the supervisor
knows whose it is. A control byte that an application puts at the start of a line is made visible instead.
"""

from __future__ import annotations

import io
import os
import sys
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Any, Dict, Iterable, Optional, Tuple

if TYPE_CHECKING:
    from typing import Protocol

    class Slot(Protocol):
        """What a thread serves."""

        #: Its id, while it has one.
        request: Optional[str]

#: A line this long is written without waiting for its end.
_MAX_LINE = 65536

_slots: Dict[int, 'Slot'] = {}
#: Begun lines, by (descriptor, thread): empty nearly always, so the end of a request need only look here.
unfinished: Dict[Tuple[int, int], bytearray] = {}


class LineOutput(io.BufferedIOBase):
    """The binary file below: `buffer` of the text file."""

    mode = 'wb'

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self.name = name
        self.lock = RLock()

    def write(self, data: Any) -> int:
        content = bytes(data)
        key = (self._descriptor, get_ident())
        begun = unfinished.pop(key, None)
        if begun is not None:
            content = bytes(begun) + content
        whole, line_feed, rest = content.rpartition(b'\n')
        if len(rest) > _MAX_LINE:
            whole, line_feed, rest = content, b'\n', b''
        if rest:
            unfinished[key] = bytearray(rest)
        if line_feed:
            self.write_lines(whole)
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Writes the begun line of this thread, as a line: visible now is worth more than a shared line."""
        begun = unfinished.pop((self._descriptor, get_ident()), None)
        if begun is not None:
            self.write_lines(bytes(begun))

    def write_lines(self, text: bytes) -> None:
        """Writes lines, prefixed for the calling thread, in one piece."""
        prefix = _prefix()
        lines = [_visible(line) for line in text.split(b'\n')]
        out = prefix + (b'\n' + prefix).join(lines) + b'\n'
        try:
            with self.lock:
                view = memoryview(out)
                while view:
                    view = view[os.write(self._descriptor, view) :]
        except OSError:
            return  # the supervisor is gone; its end of descriptor 3 ends this process

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        """Descriptors 1 and 2 stay open; a wrapper that an application put around this may be closed."""


class LineText(io.TextIOBase):
    """The text file: what an application sees as sys.stdout or sys.stderr."""

    mode = 'w'
    encoding = 'utf-8'
    newlines = None
    line_buffering = True

    def __init__(self, buffer: LineOutput, errors: str) -> None:
        self.buffer = buffer
        self._errors = errors
        self.name = buffer.name

    @property
    def errors(self) -> str:  # type: ignore[override]
        return self._errors

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f'write() argument must be str, not {type(text).__name__}')
        self.buffer.write(text.encode('utf-8', self._errors))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        self.write(''.join(lines))

    def flush(self) -> None:
        self.buffer.flush()

    def reconfigure(self, **_options: Any) -> None:
        """Accepted and without effect: encoding and buffering are what the supervisor expects."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.buffer.fileno()

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        """Stays open, like `buffer`."""


def _visible(line: bytes) -> bytes:
    return b'\\x%02x' % line[0] + line[1:] if line[:1] in (b'\x01', b'\x02') else line


def _prefix() -> bytes:
    slot = _slots.get(get_ident())
    name = slot.request if slot is not None else None
    if not name:
        return b''
    return b'\x01' + name.translate(_NO_CONTROLS).encode('latin-1', 'replace') + b'\x02'


_NO_CONTROLS = {code: '?' for code in range(32)}
_outputs = (LineOutput(1, '<stdout>'), LineOutput(2, '<stderr>'))


def install() -> None:
    """Puts the console in place; before the application is imported, since loggers keep the file they find."""
    sys.stdout = sys.__stdout__ = LineText(_outputs[0], 'backslashreplace')  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = LineText(_outputs[1], 'backslashreplace')  # type: ignore[misc,assignment]


def tell(text: str) -> None:
    """Lines for the supervisor's log; without a supervisor nothing."""
    if isinstance(sys.__stderr__, LineText):
        _outputs[1].write_lines(text.rstrip('\n').encode('utf-8', 'backslashreplace'))


def attach(slot: 'Slot') -> None:
    """The calling thread serves the requests of `slot`."""
    _slots[get_ident()] = slot


def end_lines() -> None:
    """Writes what the calling thread has begun and not ended."""
    for output in _outputs:
        output.flush()


def end_all_lines() -> None:
    """Writes what any thread has begun; at the end of the process."""
    for descriptor, ident in list(unfinished):
        begun = unfinished.pop((descriptor, ident), None)
        if begun is not None:
            _outputs[descriptor - 1].write_lines(bytes(begun))


def renew_locks() -> None:
    """In a forked child: another thread may have held a lock at the fork."""
    for output in _outputs:
        output.lock = RLock()
