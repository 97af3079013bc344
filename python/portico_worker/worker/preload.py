"""`preload: true`: one process imports the application and forks the workers from it, so that they share its memory.

This process, the template, never runs a request. The supervisor leads it like a worker. For each worker it wants, it
sends `fork`, then connects to the template's socket once for each descriptor that the worker is to have; a connection begins
with the number of that descriptor (one octet) and that of the worker (four, the highest first). The forked worker is told the
rest over its own descriptor 3, like any.

A fork copies one thread only. A lock that another thread holds at that moment stays locked in the copy for ever, so an
application that starts threads while it is imported is refused.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any, Dict, NoReturn, Optional, Tuple

from ..failure import StartFailure
from ..loading.directory import enter
from ..loading.target import parse_target
from ..process import console, crash
from ..process.children import guard_children
from ..process.control import Control
from ..process.identity import check_identity
from ..process.listener import UnixListener, listen
from ..process.start_report import FAILED, started, unforeseen
from .loaded import import_application, take_environment
from .settings import Settings, settings_of

#: Descriptors that a worker gets from the supervisor: what it writes, its control, what it says when it crashes.
_DESCRIPTORS = (1, 2, 3, 4)
#: How a connection begins: the descriptor, the worker.
_GREETING = struct.Struct('!BI')
#: Seconds for the connections that follow a `fork`.
_HANDING_SECONDS = 5.0
#: Seconds that a thread which has ended for Python may still take to end for the system.
_LAST_STEPS_SECONDS = 1.0


class Template:
    """The process that holds the imported application."""

    def __init__(self, control: Control, settings: Settings) -> None:
        self._control = control
        self._settings = settings
        #: Number of the worker, by pid.
        self._workers: Dict[int, int] = {}
        self._wake, self._woken = os.pipe()

    def live(self) -> Tuple[Control, Settings, Any]:
        """Returns in a forked worker only, with what that one needs; the template itself ends in here."""
        began = time.monotonic()
        watch = self._control.watch(_answer_at_once, until=self._wake)
        try:
            application, listener = self._start()
            os.write(self._woken, b'.')
            watch.join()
            os.read(self._wake, 1)
            _refuse_threads(self._settings)
        except Exception as error:
            failure = error if isinstance(error, StartFailure) else unforeseen(error)
            console.end_lines()
            self._control.send(failure.event())
            os._exit(FAILED)
        gc.collect()
        gc.freeze()  # what is shared is never looked at again, so that its pages stay shared
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self._control.send({**started(began), 'stack_signal': crash.STACK_SIGNAL})
        return self._serve(application, listener)

    def _start(self) -> Tuple[Any, UnixListener]:
        settings = self._settings
        take_environment(settings.environment)
        if settings.serve is not None:
            os.set_inheritable(settings.serve.descriptor, False)  # for the workers, and for nothing that is executed
        check_identity(settings.user, settings.group)
        # Only for the supervisor, who is root or the same user: the HTTP processes have no business here.
        listener = listen(settings.socket, 0o600)
        listener.settimeout(_HANDING_SECONDS)
        guard_children(self._control, listener, lambda: None, {}, settings.crash_descriptor)
        enter(settings.application, settings.directory)
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, _ignore)
        application = import_application(parse_target(settings.wsgi, settings.directory), settings.directory)
        _close_connections_of_django()
        return application, listener

    def _serve(self, application: Any, listener: UnixListener) -> Tuple[Control, Settings, Any]:
        waiting = select.poll()
        waiting.register(self._control.descriptor, select.POLLIN)
        waiting.register(self._wake, select.POLLIN)
        while True:
            waiting.poll()
            self._reap()
            for command in self._control.read_commands():
                worker = self._obey(command, listener)
                if worker is not None:
                    return (*worker, application)

    def _obey(self, command: Dict[str, Any], listener: UnixListener) -> Optional[Tuple[Control, Settings]]:
        name = str(command.get('command'))
        if name == 'fork':
            return self._fork(int(command['worker']), listener)
        event = _answer_at_once(name)
        if event is not None:
            self._control.send(event)
        return None

    def _reap(self) -> None:
        try:
            os.read(self._wake, 4096)
        except BlockingIOError:
            return
        # By number: the application may have children of its own, and wants their status itself.
        for pid in list(self._workers):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done == 0:
                continue
            try:
                os.killpg(pid, signal.SIGKILL)  # what it has left in its group
            except OSError:
                pass
            killed = os.WIFSIGNALED(status)
            self._control.send({
                'event': 'ended',
                'worker': self._workers.pop(pid),
                'code': None if killed else os.WEXITSTATUS(status),
                'signal': _signal_name(os.WTERMSIG(status)) if killed else None,
            })

    def _fork(self, worker: int, listener: UnixListener) -> Optional[Tuple[Control, Settings]]:
        """In the new worker: what it is told. In the template: None."""
        handed: Dict[int, socket.socket] = {}
        try:
            _take(listener, handed, worker)
            pid = os.fork()
        except OSError as error:
            for sock in handed.values():
                sock.close()
            self._control.send({'event': 'not_forked', 'worker': worker, 'why': error.strerror or str(error)})
            return None
        if pid != 0:
            self._workers[pid] = worker
            try:
                # As the worker does itself, so that it leads a group before the supervisor knows of it and may want to end that.
                os.setpgid(pid, pid)
            except OSError:
                pass  # it has ended
            for sock in handed.values():
                sock.close()
            self._control.send({'event': 'forked', 'worker': worker, 'pid': pid})
            return None
        return self._become_worker(handed)

    def _become_worker(self, handed: Dict[int, socket.socket]) -> Tuple[Control, Settings]:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._wake)
        os.close(self._woken)
        _place(handed)
        console.renew_locks()
        _renew_randomness()
        control = Control()
        settings = settings_of(control.read_line())
        crash.install(settings.crash_descriptor)
        return control, settings


def _take(listener: UnixListener, handed: Dict[int, socket.socket], worker: int) -> None:
    """Accepts one connection for each descriptor of this worker."""
    while len(handed) < len(_DESCRIPTORS):
        sock, _address = listener.accept()
        sock.settimeout(_HANDING_SECONDS)
        greeting = sock.recv(_GREETING.size)
        number, whose = _GREETING.unpack(greeting) if len(greeting) == _GREETING.size else (0, 0)
        if whose == worker and number in _DESCRIPTORS and number not in handed:
            sock.setblocking(True)
            handed[number] = sock
        else:
            sock.close()  # of an earlier try that was given up


def _place(handed: Dict[int, socket.socket]) -> None:
    """Moves each to its number; first out of the way of all of them."""
    import fcntl

    away = {}
    for number, sock in handed.items():
        away[number] = fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, max(_DESCRIPTORS) + 1)
        sock.close()
    for number, descriptor in away.items():
        os.dup2(descriptor, number, inheritable=number <= 2)
        os.close(descriptor)


def _renew_randomness() -> None:
    """Python reseeds `random` in a child by itself; numpy's old generator it does not know."""
    numpy = sys.modules.get('numpy.random')
    if numpy is not None:
        numpy.seed()  # type: ignore[attr-defined]


def _close_connections_of_django() -> None:
    """A connection to a database that was opened at import would be one for all workers at once."""
    database = sys.modules.get('django.db')
    settings = sys.modules.get('django.conf')
    # A library may have imported it in an application that has no database, and no settings to find one.
    if database is not None and settings is not None and settings.settings.configured:  # type: ignore[attr-defined]
        database.connections.close_all()  # type: ignore[attr-defined]


def _refuse_threads(settings: Settings) -> None:
    running = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    native = _native_threads()
    deadline = time.monotonic() + _LAST_STEPS_SECONDS
    while not running and native > 0 and time.monotonic() < deadline:
        time.sleep(0.001)
        native = _native_threads()
    if not running and native == 0:
        return
    names = ', '.join(f'"{name}"' for name in running[:5]) or f'{native} that Python does not know'
    hint = 'Start them at the first request, or set preload: false'
    if not running:
        hint = ('Libraries that calculate start some (numpy, scipy, torch): set OPENBLAS_NUM_THREADS: "1" and OMP_NUM_THREADS: "1" '
                'in environment, or set preload: false')
    raise StartFailure(
        'preload',
        f'Cannot preload application "{settings.application}": importing it starts threads ({names}), and a fork does '
        'not copy them but the locks that they hold',
        hint,
    )


def _native_threads() -> int:
    """Threads of this process beside this one, also those that Python does not know."""
    try:
        return len(os.listdir('/proc/self/task')) - 1
    except OSError:
        return 0


def _signal_name(number: int) -> Optional[str]:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None  # a real-time signal has none


def _answer_at_once(command: str) -> Optional[Dict[str, Any]]:
    if command == 'stop':
        os._exit(0)
    if command == 'ping':
        return {'event': 'pong'}
    if command != 'stacks':
        return None
    from ..slots.crew import stacks

    return stacks({})


def _end(_signal: int, _frame: Any) -> NoReturn:
    os._exit(0)


def _ignore(_signal: int, _frame: Any) -> None:
    """SIGINT reaches the whole group and is the supervisor's affair; SIGCHLD only wakes."""
