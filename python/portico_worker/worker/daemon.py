"""The life of a worker: told, started, ready, stopped.

SIGTERM from elsewhere stops gracefully, as the `stop` command does. SIGINT is left to the supervisor: Ctrl-C
reaches the whole process group, and the supervisor then says what to do. Both are Python handlers, so a program
that the application executes has the default actions.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ..failure import StartFailure
from ..loading.directory import enter
from ..loading.target import Target, parse_target
from ..process import console, crash
from ..process.children import guard_children
from ..process.control import Control
from ..process.identity import check_identity
from ..process.listener import listen
from ..process.start_report import FAILED, started, unforeseen
from ..slots.crew import Slots, stacks
from ..slots.interrupt import RequestKilled, interrupt
from .loaded import import_application, start_server, start_slots, take_environment
from .settings import Settings, settings_of

if TYPE_CHECKING:
    from typing import Union

    from ..serving.entrance import Entrance
    from ..serving.server import Server

#: Seconds for the running requests when nobody said how many.
_STOP_SECONDS = 15.0


class Worker:
    """One application in this process."""

    def __init__(self, control: Control, settings: Settings, application: Any = None) -> None:
        """`application` is there when this process was forked from one that has imported it."""
        self._control = control
        self._settings = settings
        self._application = application
        self._slots: 'Optional[Union[Slots, Server]]' = None

    def live(self) -> int:
        """From the first line to the end; the exit code."""
        settings, control = self._settings, self._control
        began = time.monotonic()
        control.watch(self._answer)
        try:
            self._slots = self._start()
        except Exception as error:
            failure = error if isinstance(error, StartFailure) else unforeseen(error)
            console.end_lines()
            control.send(failure.event())
            os._exit(FAILED)  # whatever threads a half imported application has left
        control.send({**started(began), 'stack_signal': crash.STACK_SIGNAL})
        while True:
            command = control.commands.get()
            if command['command'] == 'stop':
                return self._stop(float(command.get('deadline', _STOP_SECONDS)))
            if command['command'] == 'interrupt' and self._slots is not None:
                interrupt(self._slots, str(command.get('request', '')), RequestKilled)

    def _start(self) -> 'Union[Slots, Server]':
        settings = self._settings
        take_environment(settings.environment)
        check_identity(settings.user, settings.group)
        entrance = adopt(settings)
        listener = listen(settings.socket, settings.socket_mode) if entrance is None else entrance
        handlers = {signal.SIGTERM: self._terminate, signal.SIGINT: _ignore}
        guard_children(self._control, listener, lambda: self._slots, handlers, settings.crash_descriptor)
        enter(settings.application, settings.directory)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        target = parse_target(settings.wsgi, settings.directory)
        if settings.reload:
            self._follow_sources(target)
        application = self._application
        if application is None:
            application = import_application(target, settings.directory)
        if entrance is not None:
            return start_server(settings, application, entrance)
        return start_slots(settings, application, listener)

    def _follow_sources(self, target: Target) -> None:
        from ..loading.sources import Sources

        sources = Sources(self._control.send)
        sources.install()
        if target.path is not None:
            sources.tell(target.path)  # it may not exist yet

    def _answer(self, command: str) -> Optional[Dict[str, Any]]:
        if command == 'stop' and self._slots is None:
            os._exit(0)  # still importing: there is nothing to finish, and the import may never end
        if command == 'ping':
            return {'event': 'pong'}
        if command != 'stacks':
            return None
        return self._slots.stacks() if self._slots is not None else stacks({})

    def _terminate(self, _signal: int, _frame: Optional[FrameType]) -> None:
        if self._slots is None:
            os._exit(0)
        self._control.commands.put({'command': 'stop'})

    def _stop(self, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        last = threading.Timer(seconds, os._exit, (0,))  # past the deadline nothing is waited for
        last.daemon = True
        last.start()
        if self._slots is not None:
            self._slots.stop(deadline)
        return 0


def adopt(settings: Settings) -> 'Optional[Entrance]':
    """The listening socket of foreign front servers, when this worker is for them."""
    if settings.serve is None:
        return None
    from ..serving.address import adopted  # not for the others

    return adopted(settings.serve.descriptor)


def _ignore(_signal: int, _frame: Optional[FrameType]) -> None:
    """SIGINT; see above."""


def main() -> NoReturn:
    """Runs the worker that the supervisor has started."""
    crash.install(2)
    console.install()
    atexit.register(console.end_all_lines)  # the first registered runs last
    control = Control()
    try:
        settings = settings_of(control.read_line())
    except (KeyError, TypeError, ValueError) as error:
        control.send(StartFailure('import-error', f'Cannot read what the supervisor said: {error!r}').event())
        sys.exit(FAILED)
    crash.install(settings.crash_descriptor)
    application = None
    if settings.preload:
        from .preload import Template  # not for the others, who would load it for nothing

        control, settings, application = Template(control, settings).live()  # in each of the forked workers
    sys.exit(Worker(control, settings, application).live())
