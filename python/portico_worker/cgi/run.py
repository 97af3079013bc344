"""One running script: its three pipes, relayed, and how it ends.

The request is over when stdout has ended and the script has. Two things can keep these apart: a script that closes
stdout and runs on, which then does so behind its answer, and a process it leaves behind that holds stdout open.
"""

from __future__ import annotations

import os
import signal
from select import EPOLLHUP, EPOLLIN
from time import monotonic
from typing import TYPE_CHECKING, List, Optional

from ..fastcgi.records import MAX_CONTENT, OVERLOADED, STDERR, STDOUT, end_request, record, split, tail
from .hosting import say
from .input_pipe import InputPipe
from .loop import NEVER
from .shebang import first_line
from .unrunnable import NOT_FOUND, carriage_return, has_carriage_return, readable
from .verdict import verdict

if TYPE_CHECKING:
    from .connection import Connection
    from .hosting import Hosting
    from .process import Process

#: Output that waits for the connection, in octets; above it the script is not read.
_OUTPUT_FULL = 128 * 1024
#: After the end of stdout a script may take so long to end before its answer is ended without it, in seconds.
_LEAVE_SECONDS = 0.1
#: After the end of a script its stdout may be silent for so long before those who hold it are ended, in seconds.
_SILENT_SECONDS = 1.0


class Run:
    """`name` is the id of the request, `path` the script; `process` is set by `started`."""

    __slots__ = ('hosting', 'connection', 'request_id', 'name', 'path', 'began', 'due', 'process', 'code', 'reason')
    __slots__ += ('_out', '_err', '_input', '_listening', '_answered', '_errors_used')
    __slots__ += ('_limit_at', '_phase_at', '_killed', '_has_place', 'streams')

    def __init__(self, connection: 'Connection', name: str, path: bytes) -> None:
        """Makes the pipes; raises OSError when there are no descriptors for them."""
        self.hosting: 'Hosting' = connection.hosting
        self.connection: Optional['Connection'] = connection
        self.request_id = connection.active
        self.name = name
        self.path = path
        self.began = monotonic()
        self.due = NEVER
        self.process: Optional['Process'] = None
        self.code: Optional[int] = None
        self.reason = ''
        self._answered = self._errors_used = self._killed = self._has_place = False
        limit = self.hosting.settings.time
        self._limit_at = self.began + limit if limit > 0 else NEVER
        self._phase_at = NEVER
        self._listening = False
        ends: List[int] = []
        try:
            for _ in range(3):
                ends.extend(os.pipe())
        except OSError:
            for end in ends:
                os.close(end)
            raise
        #: What become descriptors 0, 1 and 2 of the script; closed on our side when it has them.
        self.streams = (ends[0], ends[3], ends[5])
        self._out, self._err = ends[2], ends[4]
        for end in (self._out, self._err):
            os.set_blocking(end, False)
        self._input = InputPipe(self.hosting.loop, ends[1], self._input_drained)

    def give_input(self, content: bytes, ended: bool) -> None:
        """The next of it; what the script does not want any more is dropped."""
        self._input.give(content, ended)
        if self._input.full and self.connection is not None:
            self.connection.stop_reading()

    def started(self, process: 'Process') -> None:
        """The script has its streams, or will have them: relays from now on."""
        hosting = self.hosting
        self.process = process
        hosting.runs.add(self)
        self.relay_on()
        self._input.watch()
        if self._limit_at != NEVER:
            hosting.loop.arm(self, self._limit_at)

    def close_streams(self) -> None:
        """On our side."""
        for end in self.streams:
            os.close(end)
        self.streams = (-1, -1, -1)

    def refuse(self, status: int, sentence: str, overloaded: bool = False) -> None:
        """Ends the request without a script."""
        self._limit_at = NEVER
        self._close_all()
        connection, self.connection = self.connection, None
        if connection is not None:
            refuse(connection, status, sentence, overloaded)
        self._gone()

    def description(self, now: float) -> str:
        """For whoever asks what runs."""
        process = self.process
        if process is None:
            return ''
        who = f'pid {process.pid}' if process.pid else 'just started'
        why = f', is being ended ({self.reason})' if self.reason else ''
        return f'{who}, for {now - self.began:.1f} s{why}: {process.command}\n'

    def _input_drained(self) -> None:
        if self.connection is not None:
            self.connection.read_on()

    # --- output and errors

    def relay_on(self) -> None:
        """The connection has taken what waited."""
        if self._listening or self.process is None:
            return
        self._listening = True
        if self._out >= 0:
            self.hosting.loop.watch(self._out, EPOLLIN, self._on_output)
        if self._err >= 0:
            self.hosting.loop.watch(self._err, EPOLLIN, self._on_errors)
        if self.code is not None and self._out >= 0 and not self.reason:
            self._set_phase(monotonic() + _SILENT_SECONDS)

    def _relay(self, data: bytes) -> None:
        connection = self.connection
        if connection is None:
            return
        connection.send(data)
        if connection.waiting > _OUTPUT_FULL:
            self._pause()

    def _pause(self) -> None:
        """Out of the loop: it would tell a hang-up again and again, whatever it is asked for."""
        if self._listening:
            self._listening = False
            for end in (self._out, self._err):
                if end >= 0:
                    self.hosting.loop.forget(end)

    def _on_output(self, events: int) -> None:
        data = _read(self._out)
        if data is None:
            return
        if data:
            self._answered = True
            # All writers are gone and the pipe is empty: this was the end, and another read would only say so.
            if not events & EPOLLHUP or len(data) == MAX_CONTENT:
                self._relay(record(STDOUT, self.request_id, data))
                if self.code is not None and self._out >= 0 and not self.reason:
                    self._set_phase(monotonic() + _SILENT_SECONDS)
                return
            data = record(STDOUT, self.request_id, data)
        self._out = self._close(self._out)
        self._output_ended(data)

    def _output_ended(self, last: bytes) -> None:
        if self.code is None and self.process is not None:
            self.code = self.process.look()
        if self.code is not None:
            self._end(last)
            return
        if last:
            self._relay(last)
        if not self.reason:
            self._set_phase(monotonic() + _LEAVE_SECONDS)

    def _on_errors(self, events: int) -> None:
        data = _read(self._err)
        if data:
            self._send_errors(data)
            if not events & EPOLLHUP or len(data) == MAX_CONTENT:
                return
        if data is not None and self._err >= 0:
            self._err = self._close(self._err)

    def _send_errors(self, data: bytes) -> None:
        if self.connection is not None:
            self._errors_used = True
            self._relay(record(STDERR, self.request_id, data))

    # --- the end

    def exited(self, code: int) -> None:
        """The script has ended and is reaped; negative: by that signal."""
        if self.code is not None:
            return
        self.code = code
        if self._out < 0:
            self._end(b'')
        elif self._killed or (self._listening and not self.reason):
            # Its end is an event that is on its way, unless somebody else has stdout too.
            self._set_phase(monotonic() + (_LEAVE_SECONDS if self._killed else _SILENT_SECONDS))

    def abandon(self) -> None:
        """The connection is gone. The script is ended, and has the place until it has."""
        connection, self.connection = self.connection, None
        if connection is not None:
            self._has_place = connection.hand_over_place()
        self._input.close()
        self.relay_on()  # what it still says is read and dropped, so that it can come to its end
        self.stop('abort')

    def stop(self, reason: str) -> None:
        """SIGTERM, and SIGKILL after `kill_time`, to the process group of the script."""
        if self.reason:
            return
        self.reason = reason
        self._signal(signal.SIGTERM)
        if self.due != NEVER or self.code is None or self._out >= 0:
            self._set_phase(monotonic() + self.hosting.settings.kill_time)

    def lost(self) -> None:
        """Its fork-server is gone, so nobody can tell any more how it ends."""
        if self.code is None:
            self.reason = self.reason or 'lost'
            self.kill()
            self.exited(-signal.SIGKILL)

    def not_started(self) -> None:
        """The process it was to have will not be; another may be."""
        self._pause()
        self._input.forget()
        self.process = None

    def kill(self) -> None:
        """SIGKILL now."""
        self._killed = True
        self._signal(signal.SIGKILL)

    def expire(self, now: float) -> None:
        if now >= self._limit_at:
            self._limit_at = NEVER
            self.stop('time')
        if now >= self._phase_at:
            self._phase_at = NEVER
            self._phase_over()
        self._arm()

    def _phase_over(self) -> None:
        if self.code is None and self._out < 0 and not self.reason:
            self._end_behind()
        elif self.code is None:
            if self._killed and self.process is not None:
                self.process.unheard()
                return
            self.kill()  # its time after SIGTERM is over; its end comes as an event
            self._set_phase(monotonic() + self.hosting.settings.kill_time)
        elif self._out >= 0 and (self._listening or self.reason):
            self.reason = self.reason or 'held'
            self.kill()
            self._end(b'')

    def _end_behind(self) -> None:
        """It runs on without an output: the answer is complete, its connection is not used for another."""
        connection, self.connection = self.connection, None
        self._input.close()
        if connection is not None:
            self._has_place = connection.hand_over_place()
            connection.ended(tail(self.request_id, 0, self._errors_used), keep=False)

    def _end(self, last: bytes) -> None:
        """All is known; what stderr still holds goes out before."""
        code = self.code or 0
        if self.reason and not self._killed:
            self.kill()  # of a script that was stopped nothing stays behind
        status, sentence = verdict(code, self._answered or bool(last), self.reason)
        errors = b''
        while self._err >= 0:
            data = _read(self._err)
            if data:
                errors += record(STDERR, self.request_id, data)
                if len(errors) <= _OUTPUT_FULL:
                    continue
            self._err = self._close(self._err)
        if status == NOT_FOUND and has_carriage_return(first_line(self.path)):
            sentence += f': {carriage_return(self.path)}'  # env(1) has looked for it, and says nothing of that
        sentence = sentence and f'script "{readable(self.path)}" {sentence}'
        connection, self.connection = self.connection, None
        self._close_all()
        if connection is None:
            if sentence and self.reason != 'abort':
                say(f'{sentence}, behind its answer to request {self.name}')
        else:
            if sentence:
                errors += split(STDERR, self.request_id, f'portico: {sentence}\n'.encode())
            connection.ended(last + errors + tail(self.request_id, status, self._errors_used or bool(errors)))
        self._gone()

    def _gone(self) -> None:
        hosting = self.hosting
        hosting.runs.discard(self)
        self._limit_at = self._phase_at = NEVER
        hosting.loop.arm(self, NEVER)
        if self.process is not None:
            self.process.forget()
        if self._has_place:
            self._has_place = False
            hosting.places.release()

    def _signal(self, number: int) -> None:
        if self.process is not None:
            self.process.signal(number, self.code is not None)

    def _set_phase(self, due: float) -> None:
        self._phase_at = due
        self._arm()

    def _arm(self) -> None:
        self.hosting.loop.arm(self, min(self._limit_at, self._phase_at))

    def _close_all(self) -> None:
        self._input.close()
        self._out = self._close(self._out)
        self._err = self._close(self._err)
        if self.streams[0] >= 0:
            self.close_streams()

    def _close(self, end: int) -> int:
        if end >= 0:
            if self._listening:
                self.hosting.loop.forget(end)
            os.close(end)
        return -1


def refuse(connection: 'Connection', status: int, sentence: str, overloaded: bool = False) -> None:
    """Ends the active request of a connection for which no script was started."""
    request_id = connection.active
    errors = split(STDERR, request_id, f'portico: {sentence}\n'.encode())
    if overloaded:
        connection.ended(errors + end_request(request_id, 0, OVERLOADED))
    else:
        connection.ended(errors + tail(request_id, status, True))


def _read(end: int) -> Optional[bytes]:
    """What is there; b'' at the end, None when there is nothing yet."""
    try:
        return os.read(end, MAX_CONTENT)
    except BlockingIOError:
        return None
    except OSError:
        return b''
