"""A forked child of the fork-server becomes the script, as if its interpreter had been started with it."""

from __future__ import annotations

# What every script would have to carry along is not imported in a fork-server: typing, collections, contextlib, json, re,
# and what the C modules are wrapped in. Bare they are a third of the pages that are copied.
import _signal
import _thread
import os
import sys
from _frozen_importlib_external import SourceFileLoader

from .finish import Ending
from .frameless import steps_of
from .learned import Learned
from .limits import apply_limits
from .message import Job, read_job
from .shadows import Shadows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any, Callable, Dict, List, NoReturn, Optional, Set, Tuple

    from .frameless import Step


_IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)


class Becoming:
    """What every child of one fork-server does. `program` was started as `command`, without our own file."""

    def __init__(
        self,
        program: str,
        command: List[str],
        limits: Dict[str, int],
        hooks: List[Dict[str, Any]],
        started: Set[str],
        learned: Learned,
    ) -> None:
        """`hooks` are for forks of the script; `started` are the modules of an interpreter that has just started."""
        self._program = program
        self._command = command
        self._limits = limits
        self._hooks = hooks
        #: The interpreter has no reference of its own to the one it was started with.
        self._old = sys.modules['__main__']
        self._path = list(sys.path)
        self._environ = dict(os.environb)
        self._learned = learned
        self._shadows = Shadows(started)
        self._hidden: List[str] = []
        self._known = set(sys.modules)
        flags: Any = sys.flags
        self._safe = bool(flags.isolated or getattr(flags, 'safe_path', False))

    def prepare(self, content: bytes, code: Optional[CodeType]) -> Tuple[Job, List[Step]]:
        """Makes this process look as the script is to find it, before the fork.

        What is written here is written to pages that are there. In the child each of them would be a copy: 250 of
        them, half the time of a small script. Nobody looks at any of it here, and the next script replaces it. No steps: it is to be executed.
        """
        job = read_job(content)
        _take_environ(job.environ)
        if code is None:
            return job, []
        words = [os.fsdecode(word) for word in job.words]
        sys.argv = words
        if sys.version_info >= (3, 10):
            sys.orig_argv[:] = [*self._command, *words]
        if not self._safe:
            sys.path[:] = [os.fsdecode(job.folder), *self._path]
        main = sys.modules['__main__'] = _main(job.path, self._old)
        self._hidden = self._shadows.of(job.folder)
        ending = Ending(self._known, self._learned)
        return job, steps_of(code, main.__dict__, ending.done, ending.failed)

    def become(self, job: Job, streams: Tuple[int, ...], highest: int) -> None:
        """What can be done in the child only; `highest` is the highest descriptor that may be open."""
        os.setpgid(0, 0)
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())  # from here on it can be ended
        for at, descriptor in enumerate(streams):
            os.dup2(descriptor, at)
        os.closerange(3, highest + 1)
        try:
            os.chdir(job.directory)
            if self._limits:
                apply_limits(self._limits)
        except (OSError, ValueError) as error:
            os.write(2, f'portico: cannot start the script: {error}\n'.encode())
            os._exit(126)
        for name in self._hidden:
            del sys.modules[name]
        self._known.difference_update(self._hidden)
        for hooks in self._hooks:
            os.register_at_fork(**hooks)
        _renew()

    def as_at_start(self, learn: Callable[[], None]) -> None:
        """For imports of our own: neither the folder nor the environ of the last script is here meanwhile."""
        sys.path[:] = self._path
        _take_environ(self._environ)
        learn()
        self._known = set(sys.modules)

    def execute(self, job: Job) -> NoReturn:
        """A script that does not compile is for Python itself: it has its own words for that in each version."""
        for number in _IGNORED_BY_PYTHON:
            _signal.signal(number, _signal.SIG_DFL)
        words = [*map(os.fsencode, self._command), *job.words]
        try:
            os.execve(self._program, words, job.environ)
        except OSError as error:
            os.write(2, f'portico: cannot execute {self._program}: {error}\n'.encode())
        os._exit(126)


def _take_environ(environ: Dict[bytes, bytes]) -> None:
    """Replaces both os.environ and the environment of the C library."""
    present = os.environb
    for name in [name for name in present if name not in environ]:
        del present[name]
    for name, value in environ.items():
        if present.get(name) != value:
            present[name] = value


def _main(path: bytes, old: ModuleType) -> ModuleType:
    """A fresh `__main__` with the attributes that one of a started file has."""
    main = type(sys)('__main__')
    name = os.fsdecode(path)
    names = main.__dict__
    names['__loader__'] = SourceFileLoader('__main__', name)
    names['__builtins__'] = sys.modules['builtins']
    names['__file__'] = name
    names['__cached__'] = None
    if '__annotations__' in old.__dict__:
        names['__annotations__'] = {}
    return main


def _renew() -> None:
    """What a fork leaves as it was; Python's own generator of random numbers reseeds itself."""
    threading = sys.modules.get('threading')
    if threading is not None:
        threading._main_thread._native_id = _thread.get_native_id()  # type: ignore[attr-defined]
    numbers = sys.modules.get('numpy.random')
    if numbers is not None:
        numbers.seed()
