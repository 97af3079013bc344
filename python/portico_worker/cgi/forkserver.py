"""A fork-server: an interpreter that has started and imported, and forks for each script.

One thread; it reads jobs from the launcher, forks, reaps, and reports. Its socket is its lifeline: at its end it kills
the scripts that still run, and ends.
"""

from __future__ import annotations

import _signal
import _socket
import errno
import os
import select
import sys
from _operator import is_
from struct import Struct
from time import monotonic

from .become import Becoming
from .compiled import Compiled
from .frameless import leave
from .learned import COMMON, Learned
from .message import (
    EXITED, EXITED_BODY, IMPORTING, JOB, NO_FORK, NO_FORK_BODY, READY, SETTINGS, SIGNAL, SIGNAL_BODY, STARTED,
    STARTED_BODY, TROUBLE, Messages, Order, Told, message, read_told,
)
from .preload import Unfit, idle_hooks, preload
from .process_group import signal_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, NoReturn, Optional, Set, Tuple

    from .frameless import Step

_SOCKET = 3
_READ_SIZE = 65536
_STREAMS = 3
_DESCRIPTOR = Struct('i')
_ROOM = _socket.CMSG_SPACE(_STREAMS * _DESCRIPTOR.size)
_RECEIVE = _socket.MSG_CMSG_CLOEXEC | _socket.MSG_DONTWAIT
#: Jobs that are forked before the scripts that have ended are looked for again.
_IN_A_ROW = 8
#: Signals that are blocked here, so that none is lost between the fork and the moment the child has become itself.
_BLOCKED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGQUIT)
#: A script that runs longer than this is announced with its process id; most have ended by then, and one message less
#: is one wake of the launcher less.
_ANNOUNCE_SECONDS = 0.05


class ForkServer:
    """`start` does not return; `next_script` returns in a child only."""

    def __init__(self, sock: _socket.socket, started: Set[str]) -> None:
        """`started`: the modules of an interpreter that has just started."""
        self._socket = sock
        self._started = started
        self._messages = Messages()
        self._descriptors: List[int] = []
        self._highest = 0
        self._running: Dict[int, int] = {}
        self._unannounced: Dict[int, float] = {}
        self._compiled = Compiled()
        self._becoming: Optional[Becoming] = None

    def start(self) -> NoReturn:
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _BLOCKED)
        self._signals, tell = _socket.socketpair()
        self._signals.setblocking(False)
        tell.setblocking(False)
        self._tell = tell
        watched = select.poll()
        watched.register(self._socket, select.POLLIN)
        watched.register(self._signals, select.POLLIN)
        self._highest = max(self._socket.fileno(), self._signals.fileno(), tell.fileno())
        self._watched = watched
        leave(self.next_script)

    def next_script(self) -> List[Step]:
        """What a child is to do."""
        signalled = self._signals.fileno()
        while True:
            for descriptor, _ in self._watched.poll(self._patience()):
                if descriptor == signalled:
                    self._signals.recv(4096)
                    self._reap()
                    continue
                steps = self._read()
                if steps:
                    return steps
            if self._unannounced:
                self._announce()

    def _patience(self) -> Optional[float]:
        return _ANNOUNCE_SECONDS * 1000 if self._unannounced else None

    def _read(self) -> List[Step]:
        """All that has come, but not more jobs than may be forked in a row."""
        jobs: List[Tuple[Order, Tuple[int, ...]]] = []
        while len(jobs) < _IN_A_ROW:
            data = self._receive()
            if data is None:
                break
            for kind, content in self._messages.feed(data):
                if kind == JOB:
                    jobs.append((Order(content), tuple(self._descriptors[:_STREAMS])))
                    del self._descriptors[:_STREAMS]
                    continue
                steps = self._fork(jobs)  # it may be about one of them
                if steps:
                    return steps
                jobs = []
                if kind == SIGNAL:
                    self._signal(*SIGNAL_BODY.unpack(content))
                elif kind == SETTINGS:
                    self._prepare(read_told(content))
        return self._fork(jobs)

    def _receive(self) -> Optional[bytes]:
        """None when there is nothing for now."""
        try:
            data, ancillary, _, _ = self._socket.recvmsg(_READ_SIZE, _ROOM, _RECEIVE)
        except BlockingIOError:
            return None
        except OSError:
            self._end()
        if not data:
            self._end()
        for level, kind, content in ancillary:
            if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
                for (descriptor,) in _DESCRIPTOR.iter_unpack(content[: len(content) - len(content) % _DESCRIPTOR.size]):
                    self._descriptors.append(descriptor)
                    if descriptor > self._highest:
                        self._highest = descriptor
        return data

    def _prepare(self, told: Told) -> None:
        """Imports what is to be there, and makes all of it stay where it is."""
        try:
            preload(told.preload or [], told.excluded, lambda name: self._send(IMPORTING, name.encode()))
        except Unfit as unfit:
            self._send(TROUBLE, f'{unfit.module}\0{unfit.why}'.encode('utf-8', 'backslashreplace'))
            os._exit(0)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        _signal.set_wakeup_fd(self._tell.fileno(), warn_on_full_buffer=False)
        # That there was one is on the wakeup descriptor; what is called besides takes two arguments and is no frame of Python.
        _signal.signal(_signal.SIGCHLD, is_)
        self._highest = max([self._highest, *_open_descriptors()])
        # Who says what is to be there does not want more.
        self._learned = Learned(list(COMMON) if told.preload is None else [])
        self._becoming = Becoming(told.program, told.command, told.limits, idle_hooks, self._started, self._learned)
        self._becoming.settle()
        self._send(READY, b'')

    def _learn(self) -> None:
        """Imports what scripts have imported meanwhile."""
        names = self._learned.take()
        if not names or self._becoming is None:
            return
        self._becoming.as_at_start(lambda: _try(names))
        self._highest = max([self._highest, *_open_descriptors()])
        self._becoming.settle()

    def _fork(self, jobs: List[Tuple[Order, Tuple[int, ...]]]) -> List[Step]:
        """Steps in a child; none here.

        After a fork the first write to each page costs 2 us. So what can be done for all of them is done before the first.
        """
        becoming = self._becoming
        if not jobs or becoming is None:
            return []
        roles = [becoming.role(order, self._compiled) for order, _ in jobs]
        for (order, streams), role in zip(jobs, roles):
            steps = becoming.prepare(order, role)
            try:
                pid = os.fork()
            except OSError as error:
                self._send(NO_FORK, NO_FORK_BODY.pack(order.number, error.errno or errno.EAGAIN))
            else:
                if pid == 0:
                    becoming.become(role, streams, self._highest)
                    if not steps:
                        becoming.execute(role)
                    # To die with the frames would cost a copied page for each of their objects.
                    _kept.append((self, jobs, roles))
                    return steps
                self._running[pid] = order.number
                self._unannounced[pid] = monotonic() + _ANNOUNCE_SECONDS
            for descriptor in streams:
                os.close(descriptor)
        return []

    def _reap(self) -> None:
        told = b''
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            number = self._running.pop(pid, None)
            self._unannounced.pop(pid, None)
            if number is not None:
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                told += message(EXITED, EXITED_BODY.pack(number, pid, code))
        if told:
            self._socket.sendall(told)
            self._learn()

    def _announce(self) -> None:
        now = monotonic()
        while self._unannounced:
            pid = next(iter(self._unannounced))  # the one that was forked first
            if self._unannounced[pid] > now:
                break
            del self._unannounced[pid]
            self._send(STARTED, STARTED_BODY.pack(self._running[pid], pid))

    def _signal(self, number: int, which: int) -> None:
        for pid, job in self._running.items():
            if job == number:
                signal_group(pid, which)

    def _send(self, kind: int, content: bytes) -> None:
        try:
            self._socket.sendall(message(kind, content))
        except OSError:
            self._end()

    def _end(self) -> NoReturn:
        """The launcher is gone, or wants no more of us."""
        for pid in self._running:
            signal_group(pid, _signal.SIGKILL)
        os._exit(0)


def _try(names: List[str]) -> None:
    for name in names:
        try:
            preload([name], [], lambda _name: None)
        except Unfit:
            pass  # as before, it is the scripts' own affair


def _open_descriptors() -> List[int]:
    try:
        return [int(name) for name in os.listdir('/proc/self/fd')]
    except OSError:
        return [255]


def serve(started: Set[str]) -> NoReturn:
    """Runs the fork-server. `started`: the modules of an interpreter that has just started."""
    os.set_inheritable(_SOCKET, False)
    os.environ.pop('LD_BIND_NOW', None)  # it has served its purpose
    ForkServer(_socket.socket(fileno=_SOCKET), started).start()


_kept: List[object] = []
