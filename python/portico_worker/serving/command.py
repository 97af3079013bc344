"""`PYTHON portico_worker fastcgi APP` and `scgi APP`: serves an application to another web server, without Node.

SIGTERM, SIGINT and SIGUSR1 (FastCGI 1.0 section 2.6 leaves the choice; spawn-fcgi, mod_fcgid and init systems send the
first) let the requests end; a second one ends the process at once. The exit status is 0 then, 1 for an application or a
listening socket that cannot be had, 2 for wrong usage.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any, List, NoReturn, Optional

from ..failure import StartFailure
from ..loading.application import load_whole
from ..loading.directory import enter
from ..loading.target import parse_target
from ..process import crash
from ..process.children import guard_server
from ..process.start_report import unforeseen
from ..wsgi.environ import base_environ
from .address import LISTENING_DESCRIPTOR, inherited, listen
from .entrance import Entrance
from .front_environ import FrontEnviron
from .options import Options, WrongUsage, options_of, usage
from .server import Server

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
#: Exit codes.
_FAILED, _USAGE = 1, 2


def main() -> NoReturn:
    """Serves until a signal ends it."""
    protocol = sys.argv[1]
    hold_standard_descriptors()
    words = sys.argv[2:]
    if '--help' in words or '-h' in words:
        sys.stdout.write(usage(protocol))
        sys.exit(0)
    try:
        options = options_of(words)
    except WrongUsage as error:
        _exit(_USAGE, f'{error}. See "portico_worker {protocol} --help"')
    crash.install(2)
    command = Command(protocol, options)
    try:
        entrance = listen(options.bind, options.socket_mode) if options.bind else inherited(LISTENING_DESCRIPTOR)
    except StartFailure as failure:
        _exit(_FAILED if options.bind else _USAGE, _text(failure))
    sys.exit(command.live(entrance))


class Command:
    """The life of the process once it is known what it is to do."""

    def __init__(self, protocol: str, options: Options) -> None:
        self._protocol = protocol
        self._options = options
        self._entrance: Optional[Entrance] = None
        self._server: Optional[Server] = None
        self._signals: 'SimpleQueue[int]' = SimpleQueue()
        self._stopping = False

    def live(self, entrance: Entrance) -> int:
        """The exit code."""
        self._entrance = entrance
        handlers = {number: self._note for number in _SIGNALS}
        guard_server(entrance, lambda: self._server, handlers)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        try:
            self._server = self._start(entrance)
        except BaseException as error:  # SystemExit too: what an application says while it is imported
            entrance.stop()
            failure = error if isinstance(error, StartFailure) else unforeseen(error)
            sys.stderr.write(f'portico: {_text(failure)}\n')
            sys.stderr.flush()
            os._exit(_FAILED)  # whatever threads a half imported application has left
        self._server.start()
        if entrance.open_to_others:
            sys.stderr.write(
                f'portico: Other machines reach {entrance.name}: whoever can connect can claim to be any user. Bind a unix '
                'socket or 127.0.0.1, or name the web servers in FCGI_WEB_SERVER_ADDRS\n'
            )
        if self._options.bind is not None:
            sys.stderr.write(f'portico: {self._protocol} on {entrance.name}\n')
            sys.stderr.flush()
        self._signals.get()
        seconds = self._options.stop_time
        last = threading.Timer(seconds, os._exit, (0,))  # past the deadline nothing is waited for
        last.daemon = True
        last.start()
        self._server.stop(time.monotonic() + seconds)
        return 0

    def _start(self, entrance: Entrance) -> Server:
        options = self._options
        text, directory = options.application, os.path.abspath(options.directory)
        enter(text, directory)
        target = parse_target(text, directory)
        sys.argv = [target.path or text]
        application = load_whole(target, directory)
        # Who shares the socket with us is not known; that there may be others is.
        base = base_environ(options.threads, entrance.shared, 'Portico')
        environ = FrontEnviron(base, options.script_name)
        return Server(self._protocol, entrance, application, environ, options.threads, options.queue)

    def _note(self, number: int, _frame: Any) -> None:
        if self._server is None and self._entrance is not None:
            self._entrance.stop()
            os._exit(0)  # still importing: there is nothing to finish, and the import may never end
        if self._stopping:
            os._exit(_FAILED)
        self._stopping = True
        self._signals.put(number)


def hold_standard_descriptors() -> None:
    """A standard descriptor that is closed would be the number of a connection, and a print would go there."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
    for number, name in ((1, 'stdout'), (2, 'stderr')):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(number, 'w', 1, 'utf-8', 'backslashreplace', closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f'__{name}__', stream)
        else:
            stream.reconfigure(line_buffering=True, errors='backslashreplace')


def _text(failure: StartFailure) -> str:
    lines: List[str] = [f'{failure.message}. {here(failure.hint)}' if failure.hint else failure.message]
    if failure.details:
        lines.append(failure.details.rstrip())
    return '\n'.join(lines)


def here(hint: str) -> str:
    """A hint about settings of a portico.yaml in the words of this command line."""
    found = re.match('"([^"]+)"', hint)
    hint = hint.replace('set "python" to it', f'start it with {found.group(1)}' if found else 'start it with that one')
    return hint.replace('set "python" to one', 'start it with the Python of one').replace('Set "directory" to', 'Set --directory to')


def _exit(code: int, text: str) -> NoReturn:
    sys.stderr.write(f'portico: {text}\n')
    sys.exit(code)
