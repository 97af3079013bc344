"""A forked child of the fork-server becomes the script, as if its interpreter had been started with it."""

from __future__ import annotations

import _signal  # the module around it makes enumerations of all it returns, which costs a child 40 pages
import os
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .finish import Ending
from .frameless import leave_and_run
from .limits import apply_limits
from .message import Job, read_job


_IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)


class Becoming:
    """What every child of one fork-server does. `program` was started as `command`, without our own file."""

    def __init__(self, program: str, command: List[str], limits: Dict[str, int]) -> None:
        self._program = program
        self._command = command
        self._limits = limits
        self._path = list(sys.path)
        self._known = set(sys.modules)
        flags: Any = sys.flags
        self._safe = bool(flags.isolated or getattr(flags, 'safe_path', False))

    def become(self, content: bytes, code: Optional[CodeType], streams: Tuple[int, ...], highest: int) -> NoReturn:
        """Does not return; `highest` is the highest descriptor that may be open."""
        os.setpgid(0, 0)
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())  # from here on it can be ended
        for at, descriptor in enumerate(streams):
            os.dup2(descriptor, at)
        os.closerange(3, highest + 1)
        job = read_job(content)
        try:
            os.chdir(job.directory)
            if self._limits:
                apply_limits(self._limits)
        except (OSError, ValueError) as error:
            os.write(2, f'portico: cannot start the script: {error}\n'.encode())
            os._exit(126)
        _take_environ(job.environ)
        if code is None:
            self._execute(job)
        self._take_arguments(job)
        _reseed()
        ending = Ending(self._known)
        leave_and_run(code, [_main_names(job.path)], ending.done, ending.failed)

    def _execute(self, job: Job) -> NoReturn:
        """A script that does not compile is for Python itself: it has its own words for that in each version."""
        for number in _IGNORED_BY_PYTHON:
            _signal.signal(number, _signal.SIG_DFL)
        words = [*map(os.fsencode, self._command), *job.words]
        try:
            os.execve(self._program, words, job.environ)
        except OSError as error:
            os.write(2, f'portico: cannot execute {self._program}: {error}\n'.encode())
        os._exit(126)

    def _take_arguments(self, job: Job) -> None:
        words = [os.fsdecode(word) for word in job.words]
        sys.argv = words
        if sys.version_info >= (3, 10):
            sys.orig_argv[:] = [*self._command, *words]
        if not self._safe:
            sys.path[:] = [os.fsdecode(job.folder), *self._path]


def _take_environ(environ: Dict[bytes, bytes]) -> None:
    """Replaces both os.environ and the environment of the C library."""
    present = os.environb
    for name in [name for name in present if name not in environ]:
        del present[name]
    for name, value in environ.items():
        present[name] = value


def _main_names(path: bytes) -> Dict[str, Any]:
    """The names of a fresh `__main__` with the attributes that one of a started file has."""
    old = sys.modules['__main__']
    main = ModuleType('__main__')
    name = os.fsdecode(path)
    names = main.__dict__
    names['__loader__'] = SourceFileLoader('__main__', name)
    names['__builtins__'] = sys.modules['builtins']
    names['__file__'] = name
    names['__cached__'] = None
    if '__annotations__' in old.__dict__:
        names['__annotations__'] = {}
    sys.modules['__main__'] = main
    _kept.append(old)  # the interpreter has no reference of its own to the one it was started with
    return names


_kept: List[ModuleType] = []


def _reseed() -> None:
    """Python's own generator reseeds itself after a fork."""
    numbers = sys.modules.get('numpy.random')
    if numbers is not None:
        numbers.seed()
