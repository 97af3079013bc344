"""One fork-server as the launcher sees it: its start, the jobs it has, what it says, its end."""

from __future__ import annotations

import os
import signal
import socket
import termios
from array import array
from collections import deque
from fcntl import ioctl
from select import EPOLLIN, EPOLLOUT
from time import monotonic
from typing import TYPE_CHECKING, Deque, Dict, List, Optional, Tuple

from .begin import refuse_run, shown
from .hosting import say
from .loop import NEVER
from .message import (
    EXITED, EXITED_BODY, IMPORTING, NO_FORK, NO_FORK_BODY, READY, SIGNAL, SIGNAL_BODY, STARTED, STARTED_BODY,
    TROUBLE, Job, Messages, job_message, message, Told, told_message,
)
from .process_group import signal_group, signal_rest
from .unrunnable import NoRoom, readable

if TYPE_CHECKING:
    from .hosting import Hosting
    from .run import Run
    from .warm import Key, Warm

#: The linker finds all functions of C when the interpreter starts (ld.so(8)); otherwise each child looks anew for those
#: that only a child calls, in fifteen pages.
_BIND_NOW = b'LD_BIND_NOW'
_MAIN = os.fsencode(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fork_main.py'))
#: A fork-server has so long to start and import, in seconds; and without work it is kept for so long.
_START_SECONDS, _IDLE_SECONDS = 20.0, 600.0
#: Octets of jobs after which another takes its place. The environ of a job is set before the fork, and setenv(3) of glibc
#: never frees a value: a client that sends long fields, each time others, would have all the memory of the machine.
_MOST_SENT = 64 << 20
_READ_SIZE = 65536


class Forked:
    """The process of a script that a fork-server forks."""

    def __init__(self, link: 'ForkLink', job: Job) -> None:
        self.pid = 0
        self.command = shown(job.words)
        self._link = link
        self._number = job.number

    def look(self) -> Optional[int]:
        return None  # it is told

    def signal(self, number: int, reaped: bool) -> None:
        if reaped:
            if self.pid:
                signal_rest(self.pid, number)
        else:
            self._link.signal(self._number, number)

    def unheard(self) -> None:
        self._link.end_if_stuck()

    def forget(self) -> None:
        self._link.over(self._number)


class ForkLink:
    """`pid` is 0 once it is reaped; `gone`: it takes nothing any more."""

    def __init__(self, hosting: 'Hosting', warm: 'Warm', key: 'Key') -> None:
        self._hosting = hosting
        self._warm = warm
        self.key = key
        self.pid = 0
        self.due = NEVER
        self.gone = self._ready = self._retiring = False
        self._excluded: List[str] = []
        self._importing = ''
        self._jobs: Dict[int, 'Run'] = {}
        self._waiting: List[Tuple['Run', Job]] = []
        #: What it is told, or a job and its run.
        self._unsent: Deque[Tuple[bytes, Optional[Job], Optional['Run']]] = deque()
        #: The environ that it has had last.
        self._environ: Optional[Dict[bytes, bytes]] = None
        self._sent = 0
        self._messages = Messages()
        self._socket: Optional[socket.socket] = None
        self._said = -1

    @property
    def _name(self) -> str:
        return readable(b' '.join((self.key[0], *self.key[1])))

    @property
    def worn(self) -> bool:
        """It has had its share of jobs."""
        return self._sent > _MOST_SENT

    def submit(self, run: 'Run', job: Job) -> None:
        """Forks for it as soon as it can."""
        run.started(Forked(self, job))
        self._jobs[job.number] = run
        if self._ready:
            self._send(b'', job, run)
            return
        self._waiting.append((run, job))
        if self._socket is None:
            self._start()

    def signal(self, number: int, which: int) -> None:
        """To the process group of a job that has not ended."""
        run = self._jobs.get(number)
        if run is None:
            return
        if not self._ready or self.gone:
            pid = run.process.pid if run.process is not None else 0
            if pid:
                signal_group(pid, which)  # it is nobody's child any more; its number is from a moment ago
            elif not self.gone:
                self._waiting = [waiting for waiting in self._waiting if waiting[0] is not run]
                run.close_streams()
                self._over_soon(number, run, which)
            return
        self._send(message(SIGNAL, SIGNAL_BODY.pack(number, which)))

    def _over_soon(self, number: int, run: 'Run', which: int) -> None:
        del self._jobs[number]
        run.exited(-which)

    def over(self, number: int) -> None:
        """A job has ended, and nothing is left of it."""
        self._jobs.pop(number, None)
        if self._jobs or not self._ready:
            return
        if self._retiring:
            self.end()
        else:
            self._hosting.loop.arm(self, monotonic() + _IDLE_SECONDS)

    def end_if_stuck(self) -> None:
        """One that does not read what it is told would keep the places of its scripts for ever."""
        if self.pid and self._socket is not None and _unread(self._socket):
            say(f'the fork-server of {self._name} does not read what it is told, and is ended')
            signal_group(self.pid, signal.SIGKILL)  # its end is an event

    def retire(self) -> None:
        """Ends when its jobs have."""
        self._retiring = True
        if not self._jobs:
            self.end()

    def expire(self, _now: float) -> None:
        if self._ready:
            if not self._jobs:
                self.end()
        elif self.pid:
            signal_group(self.pid, signal.SIGKILL)  # its end is an event

    def end(self) -> None:
        """Closes its lifeline; what it runs ends with it."""
        self._close()
        self.gone = True
        self._warm.forget(self)

    # --- the start

    def _start(self) -> None:
        hosting = self._hosting
        words = [self.key[2], *self.key[1], _MAIN]
        ends: List[int] = []
        ours, theirs = socket.socketpair()
        try:
            ends.extend(os.pipe())
            ends.extend(os.pipe())
            # Pipes, because that is what decides how sys.stdin and the others are buffered.
            streams = (ends[0], ends[3], ends[3], theirs.fileno())
            os.chdir('/')
            environ = {_BIND_NOW: b'1', **hosting.settings.environment}
            self.pid = hosting.execution.spawn(self.key[0], words, environ, streams)
        except OSError as error:
            for end in ends:
                os.close(end)
            ours.close()
            self._give_up(error.strerror or str(error), lasting=False)
            return
        finally:
            theirs.close()
        self._said = ends[2]
        for end in (ends[0], ends[1], ends[3]):
            os.close(end)
        os.set_blocking(self._said, False)
        ours.setblocking(False)
        self._socket = ours
        self._messages = Messages()
        self._environ = None
        self._importing = ''
        hosting.loop.watch(ours.fileno(), EPOLLIN, self._on_event)
        hosting.loop.watch(self._said, EPOLLIN, self._on_said)
        hosting.loop.arm(self, monotonic() + _START_SECONDS)
        settings = hosting.settings
        command = [os.fsdecode(word) for word in words[:-1]]
        told = Told(os.fsdecode(self.key[0]), command, settings.preload, self._excluded, settings.rlimits)
        self._send(told_message(told))

    def _give_up(self, why: str, lasting: bool) -> None:
        """`lasting`: another of this interpreter would fare no better."""
        waiting, self._waiting = self._waiting, []
        self.gone = True
        self._close()
        for run, job in waiting:
            self._jobs.pop(job.number, None)
        for run, _ in waiting:
            run.not_started()
        self._warm.unusable(self.key, why, waiting, lasting)

    def _start_without(self, module: str, why: str) -> None:
        say(f'the fork-server of {self._name} does not preload "{module}": {why}')
        self._close()
        if self.pid:
            signal_group(self.pid, signal.SIGKILL)
        self._excluded.append(module)
        self._start()

    # --- what it says

    def _on_said(self, _events: int) -> None:
        try:
            data = os.read(self._said, 8192)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self._close_said()
            return
        for line in data.decode('utf-8', 'backslashreplace').splitlines():
            say(f'fork-server of {self._name}: {line}')

    def _on_event(self, events: int) -> None:
        if events & EPOLLOUT:
            self._send_on()
        if self._socket is None or not events & ~EPOLLOUT:
            return
        try:
            data = self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self._ended()
            return
        for kind, content in self._messages.feed(data):
            self._hear(kind, content)

    def _hear(self, kind: int, content: bytes) -> None:
        if kind == EXITED:
            number, pid, code = EXITED_BODY.unpack(content)
            run = self._jobs.get(number)
            if run is not None and run.process is not None:
                run.process.pid = pid
                run.exited(code)
        elif kind == STARTED:
            number, pid = STARTED_BODY.unpack(content)
            run = self._jobs.get(number)
            if run is not None and run.process is not None:
                run.process.pid = pid
        elif kind == NO_FORK:
            number, error = NO_FORK_BODY.unpack(content)
            run = self._jobs.pop(number, None)
            if run is not None:
                refuse_run(run, NoRoom(run.path, error))
        elif kind == IMPORTING:
            self._importing = content.decode()
        elif kind == TROUBLE:
            module, _, why = content.decode('utf-8', 'replace').partition('\0')
            self._importing = ''
            if module:
                self._start_without(module, why)
            else:
                self._give_up(why, lasting=True)
        elif kind == READY:
            self._ready = True
            self._hosting.loop.arm(self, NEVER)
            waiting, self._waiting = self._waiting, []
            for run, job in waiting:
                self._send(b'', job, run)

    def _ended(self) -> None:
        """Its side of the socket is closed: it has died."""
        self._drain_said()
        if not self._ready:
            if self._importing:
                self._start_without(self._importing, 'its import ends the interpreter, or does not end in time')
            else:
                self._give_up('it ended while it started', lasting=False)
            return
        say(f'the fork-server of {self._name} has ended, and {len(self._jobs)} scripts with it')
        self.gone = True
        self._close()
        self._warm.forget(self)
        for run in list(self._jobs.values()):
            run.lost()

    def _drain_said(self) -> None:
        if self._said >= 0:
            self._on_said(EPOLLIN)

    # --- what it is told

    def _send(self, data: bytes, job: Optional[Job] = None, run: Optional['Run'] = None) -> None:
        """Data, or a job with the streams of its run."""
        self._unsent.append((data, job, run))
        if len(self._unsent) == 1:
            self._send_on()

    def _send_on(self) -> None:
        sock = self._socket
        if sock is None:
            return
        while self._unsent:
            data, job, run = self._unsent[0]
            if run is not None and run.streams[0] < 0:  # it was given up meanwhile: there is nothing to hand over
                self._unsent.popleft()
                continue
            try:
                if job is None or run is None:
                    sent = sock.send(data)
                else:
                    data = job_message(job, self._environ)
                    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array('i', run.streams))]
                    sent = sock.sendmsg([data], rights)
                    self._environ = job.environ
                    self._sent += len(data)
                    run.close_streams()
            except BlockingIOError:
                self._hosting.loop.change(sock.fileno(), EPOLLIN | EPOLLOUT)
                return
            except OSError:
                return  # its end is an event that is on its way
            if sent < len(data):
                self._unsent[0] = (data[sent:], None, None)
            else:
                self._unsent.popleft()
        self._hosting.loop.change(sock.fileno(), EPOLLIN)

    def _close(self) -> None:
        self._hosting.loop.arm(self, NEVER)
        self._unsent.clear()
        self._close_said()
        sock, self._socket = self._socket, None
        if sock is not None:
            self._hosting.loop.forget(sock.fileno())
            sock.close()

    def _close_said(self) -> None:
        said, self._said = self._said, -1
        if said >= 0:
            self._hosting.loop.forget(said)
            os.close(said)


def _unread(sock: socket.socket) -> bool:
    """Whether the other side of a unix socket has left something unread (unix(7), SIOCOUTQ)."""
    octets = array('i', [0])
    ioctl(sock, termios.TIOCOUTQ, octets)
    return octets[0] > 0
