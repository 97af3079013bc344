"""A forked child of the fork-server becomes the script, as if its interpreter had been started with it."""

from __future__ import annotations

import os
import signal
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .compiled import compile_file
from .finish import Ending
from .frameless import leave_and_run
from .limits import apply_limits
from .message import Job, read_job

#: What Python exits with when it cannot open the file it is started with.
_NOT_OPENED = 2


class Becoming:
    """What every child of one fork-server does. `command` is how the interpreter was started, without our own file."""

    def __init__(self, command: List[str], limits: Dict[str, int]) -> None:
        self._command = command
        self._limits = limits
        self._path = list(sys.path)
        self._known = set(sys.modules)
        flags: Any = sys.flags
        self._safe = bool(flags.isolated or getattr(flags, 'safe_path', False))

    def become(self, content: bytes, code: Optional[CodeType], streams: Tuple[int, ...], highest: int) -> NoReturn:
        """Does not return; `highest` is the highest descriptor that may be open."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # from here on it can be ended
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
        self._take_arguments(job)
        _reseed()
        main = _main_module(job.path)
        ending = Ending(self._known)
        if code is None:
            code = _compile(job.path, ending)
        leave_and_run(code, main.__dict__, ending.done, ending.failed)

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


def _main_module(path: bytes) -> ModuleType:
    """A fresh `__main__` with the attributes that one of a started file has."""
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
    main_modules.append(old)
    return main


#: The interpreter holds no reference of its own to the one it was started with.
main_modules: List[ModuleType] = []


def _compile(path: bytes, ending: Ending) -> CodeType:
    """What Python says when it cannot read or compile the file it is started with."""
    try:
        return compile_file(path)
    except OSError as error:
        text = f"{sys.executable}: can't open file {os.fsdecode(path)!r}: [Errno {error.errno}] {error.strerror}\n"
        os.write(2, text.encode('utf-8', 'backslashreplace'))
        os._exit(_NOT_OPENED)
    except BaseException as error:
        ending.failed(error.with_traceback(None))


def _reseed() -> None:
    """Python's own generator reseeds itself after a fork."""
    numbers = sys.modules.get('numpy.random')
    if numbers is not None:
        numbers.seed()
