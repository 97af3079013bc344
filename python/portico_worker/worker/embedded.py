"""The worker inside the HTTP process: the same slots, led over a socket pair, on threads beside Node's.

`begin` runs once on Node's main thread and returns at once; from then on that thread never runs Python again. Each
application is imported on a thread of its own and gets its connections as descriptors.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import sys
import time
from threading import Thread
from typing import Any, Dict, List, NoReturn, Optional

from ..failure import StartFailure
from ..loading.directory import come_first
from ..loading.target import parse_target
from ..process import console
from ..process.control import Control
from ..process.start_report import started, unforeseen
from ..slots.crew import Slots, stacks
from ..slots.interrupt import RequestKilled, RequestTimeout, interrupt
from ..slots.lane import LaneSettings
from .embedded_guards import guard_forks, guard_signals, link_of
from .handed import HandedConnections
from .loaded import load_slots, take_environment
from .settings import Settings, settings_from


class Hosted:
    """One application: its connections, and its slots once it is imported."""

    def __init__(self, settings: Settings, lane: Optional[LaneSettings]) -> None:
        self.settings = settings
        self.lane = lane
        self.listener = HandedConnections()
        self.slots: Optional[Slots] = None


class EmbeddedWorker:
    """All applications of this process."""

    def __init__(self, control: Control, server: Dict[int, str]) -> None:
        self._control = control
        #: Descriptors of Node's and what they lead to.
        self._server = server
        self._hosted: Dict[str, Hosted] = {}

    @property
    def running(self) -> List[Slots]:
        """The slots of all applications."""
        return [hosted.slots for hosted in list(self._hosted.values()) if hosted.slots is not None]

    def lead(self) -> None:
        """Obeys the commands; the life of the control thread."""
        while True:
            command = self._control.read()
            name = command.get('command')
            if name == 'start':
                self._start(command['settings'])
            elif name == 'connect':
                self._connect(command)
            elif name == 'interrupt':
                self._interrupt(str(command['application']), str(command['request']), bool(command.get('killed')))
            elif name == 'spread':
                self._spread(str(command['application']))
            elif name == 'stacks':
                self._control.send(stacks(self._requests()))
            elif name == 'stop':
                Thread(target=self._stop, args=(float(command['deadline']),), daemon=True).start()

    def _start(self, told: Dict[str, Any]) -> None:
        settings = settings_from(told)
        lane: Optional[LaneSettings] = None
        if 'lane' in told:
            lane = LaneSettings(*(int(told['lane'][name]) for name in LaneSettings._fields))
            self._note(int(told['lane']['server']))
        hosted = Hosted(settings, lane)
        self._hosted[settings.application] = hosted
        name = f'portico-start-{settings.application}'
        # Not a daemon thread in name only: an import may start threads, and they inherit what it is.
        Thread(target=self._load, args=(hosted,), name=name, daemon=True).start()

    def _load(self, hosted: Hosted) -> None:
        settings = hosted.settings
        began = time.monotonic()
        try:
            take_environment(settings.environment)
            enter(settings)
            target = parse_target(settings.wsgi, settings.directory)
            hosted.slots = load_slots(settings, target, hosted.listener, hosted.lane)
        except BaseException as error:  # SystemExit too: the server goes on without this application
            failure = error if isinstance(error, StartFailure) else unforeseen(error)
            console.end_lines()
            self._control.send({**failure.event(), 'application': settings.application})
            return
        self._control.send({**started(began), 'application': settings.application})

    def _connect(self, command: Dict[str, Any]) -> None:
        descriptor = int(command['descriptor'])
        self._note(int(command['server']))
        hosted = self._hosted.get(str(command['application']))
        if hosted is None:
            os.close(descriptor)
        else:
            hosted.listener.hand(descriptor, int(command['place']))

    def _note(self, server: int) -> None:
        """One more descriptor of Node's."""
        self._server[server] = link_of(server)

    def _spread(self, application: str) -> None:
        hosted = self._hosted.get(application)
        if hosted is not None and hosted.slots is not None:
            hosted.slots.spread()

    def _interrupt(self, application: str, request: str, killed: bool) -> None:
        hosted = self._hosted.get(application)
        if hosted is not None and hosted.slots is not None:
            interrupt(hosted.slots, request, RequestKilled if killed else RequestTimeout)

    def _requests(self) -> Dict[Any, Any]:
        found: Dict[Any, Any] = {}
        for slots in self.running:
            found.update(slots.requests())
        return found

    def _stop(self, seconds: float) -> None:
        """Lets the requests end, then runs what the applications registered with atexit; the process ends in Node."""
        deadline = time.monotonic() + seconds
        for slots in self.running:
            slots.stop(deadline)
        try:
            atexit._run_exitfuncs()
        except BaseException as error:
            print(f'portico: an exit handler raised {type(error).__name__}: {error}', file=sys.stderr)
        console.end_all_lines()
        self._control.send({'event': 'stopped'})


def enter(settings: Settings) -> None:
    """The directory comes first on sys.path; the current directory belongs to the whole process and stays."""
    if not os.path.isdir(settings.directory):
        message = f'Cannot enter the directory of application "{settings.application}", "{settings.directory}"'
        raise StartFailure('directory', message, 'Correct "directory"')
    come_first(settings.directory)


def _server_gone() -> NoReturn:
    raise SystemExit  # ends the control thread; Node ends the process


def begin(told: Dict[str, Any]) -> None:
    """`told`: descriptors `control` and `crash` (-1: none), and `server`: [descriptor, link] of what is Node's."""
    sys.argv = ['']
    if told['crash'] >= 0:
        faulthandler.enable(file=told['crash'])
    for standard in (0, 1, 2):
        os.set_inheritable(standard, True)  # Node keeps them from programs that it starts; ours write to the log
    console.install()
    control = Control(told['control'], _server_gone)
    server = {fd: link for fd, link in told['server']}
    worker = EmbeddedWorker(control, server)
    guard_forks(control, lambda: worker.running, server)
    guard_signals()
    Thread(target=worker.lead, name='portico-control', daemon=True).start()
