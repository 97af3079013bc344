"""The life of a launcher: told, started, ready, stopped; the same lines on descriptor 3 as of a worker.

SIGTERM stops gracefully, as the `stop` command does; SIGINT is left to the supervisor. Everything happens in one loop
and one thread, so that a fork is harmless and the current directory is the launcher's to change.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from select import EPOLLIN
from time import monotonic
from types import FrameType
from typing import Any, Dict, NoReturn, Optional

from ..failure import StartFailure
from ..process import crash
from ..process.control import DESCRIPTOR, Control
from ..process.identity import check_identity
from ..process.listener import UnixListener, listen
from ..process.scheduling import yield_to_the_waker
from ..process.start_report import started, unforeseen
from .connection import Connection
from .hosting import Hosting, say
from .keeper import Keeper
from .loop import NEVER, Loop
from .places import Places
from .process import Child, exit_code
from .settings import Settings, settings_of
from .warm import Warm

#: Seconds for the running scripts when nobody said how many.
_STOP_SECONDS = 15.0
#: Exit code after a `failed` event.
_FAILED = 3
#: Connections that wait for a place; more are left in the backlog.
_MOST_WAITING = 256
#: Connections accepted in one turn of the loop.
_ACCEPTED_AT_ONCE = 16


class Launcher:
    """One application's scripts."""

    def __init__(self, control: Control, settings: Settings, keeper: Keeper) -> None:
        self._control = control
        self._loop = Loop()
        self._hosting = Hosting(settings, self._loop, keeper)
        self._listener: Optional[UnixListener] = None
        self._terminated = False
        #: When a stop is over whatever runs; belongs to the loop.
        self.due = NEVER

    def live(self) -> int:
        """From the first line to the end; the exit code."""
        began = monotonic()
        try:
            self._start()
        except Exception as error:
            failure = error if isinstance(error, StartFailure) else unforeseen(error)
            self._control.send(failure.event())
            return _FAILED
        # Without one: what there is to see of scripts is told by command, and nobody wants to see our own frames.
        self._control.send({**started(began), 'stack_signal': 0})
        hosting = self._hosting
        self._obey(EPOLLIN)  # what came with the first line
        while not (hosting.stopping and not hosting.runs and not hosting.connections):
            self._loop.turn()
        return 0

    def _start(self) -> None:
        hosting, settings = self._hosting, self._hosting.settings
        check_identity(settings.user, settings.group)
        os.chdir('/')
        self._listen_to_signals()
        self._listener = listener = listen(settings.socket, settings.socket_mode)
        listener.setblocking(False)
        hosting.places = Places(settings.slots, _MOST_WAITING, self._leave_in_backlog, self._accept_again)
        hosting.warm = Warm(hosting)
        self._loop.watch(listener.fileno(), EPOLLIN, self._accept)
        self._loop.watch(DESCRIPTOR, EPOLLIN, self._obey)
        yield_to_the_waker()

    def _listen_to_signals(self) -> None:
        """All as bytes on a socket: nothing of ours runs in a handler."""
        self._signals, tell = socket.socketpair()
        self._signals.setblocking(False)
        tell.setblocking(False)
        signal.set_wakeup_fd(tell.detach(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _noted)  # a handler rather than SIG_IGN: it ends with an exec
        self._loop.watch(self._signals.fileno(), EPOLLIN, self._signalled)

    def _signalled(self, _events: int) -> None:
        told = self._signals.recv(4096)
        if signal.SIGTERM in told and not self._terminated:
            self._terminated = True
            self._stop(_STOP_SECONDS)
        if signal.SIGCHLD in told:
            self._reap()

    def _reap(self) -> None:
        children = self._hosting.children
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            run = children.get(pid)
            if run is not None and isinstance(run.process, Child):
                run.process.reaped()
                run.exited(exit_code(status))
            elif pid != self._hosting.keeper.pid:
                self._hosting.warm.reaped(pid)

    def _accept(self, _events: int) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            if self._listener is None:
                return
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # none waits any more, or there is no descriptor for it now
            self._hosting.places.take(Connection(sock, self._hosting))

    def _leave_in_backlog(self) -> None:
        if self._listener is not None:
            self._loop.change(self._listener.fileno(), 0)

    def _accept_again(self) -> None:
        if self._listener is not None:
            self._loop.change(self._listener.fileno(), EPOLLIN)

    def _obey(self, _events: int) -> None:
        for command in self._control.read_commands():
            name = command.get('command')
            if name == 'ping':
                self._control.send({'event': 'pong'})
            elif name == 'stacks':
                self._control.send(self._stacks())
            elif name == 'interrupt':
                for run in list(self._hosting.runs):
                    if run.name == command.get('request'):
                        run.stop('interrupt')
            elif name == 'stop':
                self._stop(_seconds(command.get('deadline', _STOP_SECONDS)))

    def _stacks(self) -> Dict[str, Any]:
        now = monotonic()
        threads = [{'request': run.name, 'stack': run.description(now)} for run in self._hosting.runs]
        return {'event': 'stacks', 'threads': threads}

    def _stop(self, seconds: float) -> None:
        """No further request; those in progress have until then."""
        hosting = self._hosting
        hosting.stopping = True
        self._loop.arm(self, min(self.due, monotonic() + seconds))
        listener, self._listener = self._listener, None
        if listener is not None:
            self._loop.forget(listener.fileno())
            listener.stop()
        for connection in list(hosting.connections):
            if not connection.active:
                connection.close_after_output()

    def expire(self, _now: float) -> None:
        """The deadline of a stop."""
        self.end_all()
        os._exit(0)

    def end_all(self) -> None:
        """Kills every script now."""
        for run in list(self._hosting.runs):
            run.kill()
        self._hosting.warm.close()

    def gone(self) -> NoReturn:
        """The supervisor is gone."""
        self.end_all()
        os._exit(1)


def _noted(_signal: int, _frame: Optional[FrameType]) -> None:
    """The number of the signal is on the wakeup descriptor."""


def _seconds(value: Any) -> float:
    return max(0.0, float(value)) if isinstance(value, (int, float)) else _STOP_SECONDS


def main() -> NoReturn:
    """Runs the launcher that the supervisor has started."""
    crash.install(2)
    control = Control()
    try:
        settings = settings_of(control.read_line())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        control.send(StartFailure('import-error', f'Cannot read what the supervisor said: {error!r}').event())
        sys.exit(_FAILED)
    keeper = Keeper(settings.slots)
    crash.install(settings.crash_descriptor)
    try:
        os.set_blocking(2, False)
    except OSError:
        pass
    launcher = Launcher(control, settings, keeper)
    control.when_gone(launcher.gone)
    code = launcher.live()
    if code == 0:
        launcher.end_all()  # the fork-servers, which have nothing to do any more
    sys.exit(code)
