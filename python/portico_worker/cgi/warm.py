"""The fork-servers of a launcher: which script is forked from which, and which of them are kept."""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING, Dict, List, Tuple

from .begin import execute, find_program, refuse_run
from .fork_link import ForkLink
from .hosting import say
from .loop import NEVER
from .message import Job
from .shebang import Interpreter
from .unrunnable import CANNOT, Unrunnable, readable

if TYPE_CHECKING:
    from .hosting import Hosting
    from .run import Run
    from .script import Script

#: Interpreters that are kept at once; the one that was used longest ago goes.
_MOST_SERVERS = 4
#: An interpreter that was killed while it started, or had no room to, is tried again after so many seconds.
_AGAIN_SECONDS = 10.0
#: Variables that an interpreter, or the C library, reads when it starts: one that has started cannot follow them.
_READ_AT_START = (b'PYTHON', b'LANG', b'LC_', b'LD_', b'MALLOC_', b'GLIBC_', b'TZ')

Key = Tuple[bytes, Tuple[bytes, ...], bytes]


class Warm:
    """`take` is asked for every script."""

    def __init__(self, hosting: 'Hosting') -> None:
        self._hosting = hosting
        self._servers: Dict[Key, ForkLink] = {}
        self._retired: List[ForkLink] = []
        #: Why, and until when.
        self._unusable: Dict[Key, Tuple[str, float]] = {}
        self._number = 0

    def take(
        self, run: 'Run', script: 'Script', words: List[bytes], environ: Dict[bytes, bytes], directory: bytes
    ) -> bool:
        """Forks it, or fails it, later; False: it is to be executed."""
        hosting = self._hosting
        interpreter = hosting.first_lines.python(script.path, script.stamp)
        if interpreter is None or not os.access(script.path, os.X_OK) or self._starts_differently(environ):
            return False
        try:
            key = self._key(interpreter)
        except Unrunnable:
            return False  # env(1) says it
        why, until = self._unusable.get(key, ('', 0.0))
        if until > monotonic():
            if hosting.settings.warm is not True:
                return False
            refuse_run(run, _cannot(script.path, why))
            return True
        server = self._servers.pop(key, None)
        if server is not None and server.worn:
            self._retire(server)
            server = None
        if server is None or server.gone:
            server = ForkLink(hosting, self, key)
            self._make_room()
        self._servers[key] = server  # the last used is the last
        self._number = self._number % 0xFFFFFFFF + 1
        job = Job(self._number, script.stamp, script.path, os.path.dirname(script.real), directory, words, environ)
        server.submit(run, job)
        return True

    def unusable(self, key: Key, why: str, waiting: 'List[Tuple[Run, Job]]', lasting: bool) -> None:
        """This interpreter cannot be forked; the scripts that wait for it are executed, or fail."""
        self._unusable[key] = why, NEVER if lasting else monotonic() + _AGAIN_SECONDS
        self._servers.pop(key, None)
        name = readable(b' '.join((key[0], *key[1])))
        must = self._hosting.settings.warm is True
        what = 'they fail, since "warm" is true' if must else 'they are executed'
        say(f'scripts of {name} cannot be forked from a warm interpreter, so {what}: {why}')
        for run, job in waiting:
            if must:
                refuse_run(run, _cannot(job.path, why))
                continue
            try:
                os.chdir(job.directory)
            except OSError:
                pass  # it was there a moment ago; the script finds out
            execute(run, job.path, job.words, job.environ)

    def forget(self, server: ForkLink) -> None:
        """It has ended."""
        if self._servers.get(server.key) is server:
            del self._servers[server.key]
        if server in self._retired:
            self._retired.remove(server)

    def reaped(self, pid: int) -> None:
        """A child that is no script."""
        for server in [*self._servers.values(), *self._retired]:
            if server.pid == pid:
                server.pid = 0

    def close(self) -> None:
        """Ends all of them, with what they still run."""
        for server in [*self._servers.values(), *self._retired]:
            server.end()

    def _key(self, interpreter: Interpreter) -> Key:
        program = interpreter.program
        if interpreter.looked_up:
            program = find_program(program, self._hosting.settings.environment)
        return program, interpreter.flags, interpreter.program

    def _starts_differently(self, environ: Dict[bytes, bytes]) -> bool:
        base = self._hosting.settings.environment
        for name in environ:
            if name.startswith(_READ_AT_START) and base.get(name) != environ[name]:
                return True
        return False

    def _make_room(self) -> None:
        while len(self._servers) >= _MOST_SERVERS:
            self._retire(self._servers.pop(next(iter(self._servers))))

    def _retire(self, server: ForkLink) -> None:
        self._retired.append(server)
        server.retire()


def _cannot(path: bytes, why: str) -> Unrunnable:
    return Unrunnable(CANNOT, f'Script "{readable(path)}" cannot be forked from a warm interpreter: {why}; '
                      'set "warm" to auto to have it executed')

