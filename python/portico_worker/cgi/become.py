"""A forked child of the fork-server becomes the script, as if its interpreter had been started with it."""

from __future__ import annotations

# What every script would have to carry along is not imported in a fork-server: typing, collections, contextlib, json, re,
# and what the C modules are wrapped in. Bare they are a third of the pages that are copied.
import _signal
import _thread
import gc
import os
import sys
from _frozen_importlib_external import SourceFileLoader

from .compiled import Compiled
from .finish import Ending
from .frameless import expect, steps_of
from .learned import Learned
from .limits import apply_limits
from .mapped import Mapped
from .message import Order
from .shadows import Shadows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any, Callable, Dict, List, NoReturn, Optional, Set, Tuple

    from .frameless import Step


_IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)


#: Roles that are kept; a script is asked for again and again.
_MOST_ROLES = 64


class Role:
    """What a script finds that is the same for each of its requests. Without code it is to be executed."""

    __slots__ = ('code', 'name', 'folder', 'directory', 'words', 'argv', 'path', 'hidden')

    def __init__(self, script: bytes, code: Optional[CodeType], search: Optional[List[str]]) -> None:
        """`search` is sys.path; None: it does not begin with the folder of the script."""
        path, self.folder, self.directory, *self.words = script.split(b'\0')
        self.code = code
        self.name = os.fsdecode(path)
        self.argv = [os.fsdecode(word) for word in self.words]
        self.path = None if search is None else [os.fsdecode(self.folder), *search]
        self.hidden: List[str] = []


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
        self._annotated = '__annotations__' in self._old.__dict__
        self._path = list(sys.path)
        self._environ = dict(os.environb)
        self._learned = learned
        self._shadows = Shadows(started)
        flags: Any = sys.flags
        self._safe = bool(flags.isolated or getattr(flags, 'safe_path', False))
        self._roles: Dict[bytes, Role] = {}
        self._role: Optional[Role] = None
        self._mapped = Mapped()

    def settle(self) -> None:
        """What is here now is what scripts find, and stays where it is: a collection in a child leaves its pages shared.

        None is made here from now on, which would take what was made for a script for something old. Nothing here goes round
        in circles.
        """
        self._roles.clear()
        self._role = None
        self._known = set(sys.modules)
        ending = Ending(self._known, self._learned)
        self._done = ending.done
        expect(ending.failed)
        self._mapped.touch()
        gc.disable()
        gc.collect()
        gc.freeze()

    def role(self, order: Order, compiled: Compiled) -> Role:
        """Of the script that is asked for, as its file and its folder are now."""
        code = compiled.code(order.script.partition(b'\0')[0], order.stamp)
        role = self._roles.get(order.script)
        if role is None or role.code is not code:
            if len(self._roles) >= _MOST_ROLES:
                self._roles.clear()
            role = Role(order.script, code, None if self._safe else self._path)
            self._roles[order.script] = role
            # With what compiling it has left behind: each child would find all that new, and look through it.
            gc.freeze()
        role.hidden = self._shadows.of(role.folder)
        return role

    def prepare(self, order: Order, role: Role) -> List[Step]:
        """Makes this process look as the script is to find it, before the fork; no steps where it is to be executed.

        What is written here is written to pages that are there; in the child each of them would be a copy. After a fork the
        first write to a page costs here, too, though, so what is as it was for the request before is left alone. Nobody
        looks at any of it here, and the next script replaces it.
        """
        _change_environ(order)
        code = role.code
        if code is None:
            return []
        if role is not self._role:
            self._role = role
            sys.argv = role.argv
            if sys.version_info >= (3, 10):
                sys.orig_argv[:] = [*self._command, *role.argv]
            if role.path is not None:
                sys.path[:] = role.path
        main = sys.modules['__main__'] = _main(role.name, self._annotated)
        return steps_of(code, main.__dict__, self._done)

    def become(self, role: Role, streams: Tuple[int, ...], highest: int) -> None:
        """What can be done in the child only; `highest` is the highest descriptor that may be open."""
        os.setpgid(0, 0)
        gc.enable()
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())  # from here on it can be ended
        for at, descriptor in enumerate(streams):
            os.dup2(descriptor, at)
        os.closerange(3, highest + 1)
        try:
            os.chdir(role.directory)
            if self._limits:
                apply_limits(self._limits)
        except (OSError, ValueError) as error:
            os.write(2, f'portico: cannot start the script: {error}\n'.encode())
            os._exit(126)
        for name in role.hidden:
            del sys.modules[name]
        self._known.difference_update(role.hidden)
        for hooks in self._hooks:
            os.register_at_fork(**hooks)
        _renew()

    def as_at_start(self, learn: Callable[[], None]) -> None:
        """For imports of our own: neither the folder nor the environ of the last script is here meanwhile."""
        last = dict(os.environb)
        sys.path[:] = self._path
        _replace_environ(self._environ)
        learn()
        _replace_environ(last)

    def execute(self, role: Role) -> NoReturn:
        """A script that does not compile is for Python itself: it has its own words for that in each version."""
        for number in _IGNORED_BY_PYTHON:
            _signal.signal(number, _signal.SIG_DFL)
        words = [*map(os.fsencode, self._command), *role.words]
        try:
            os.execve(self._program, words, os.environb)
        except OSError as error:
            os.write(2, f'portico: cannot execute {self._program}: {error}\n'.encode())
        os._exit(126)


def _change_environ(order: Order) -> None:
    """Changes both os.environ and the environment of the C library."""
    present = os.environb
    if order.whole:
        _replace_environ(order.changed)
        return
    # What both are views of: their own ways in are a dozen frames for a variable.
    octets = getattr(present, '_data', None)
    if type(octets) is not dict:
        for name in order.gone:
            del present[name]
        present.update(order.changed)
        return
    for name in order.gone:
        os.unsetenv(name)
        octets.pop(name, None)
    for name, value in order.changed.items():
        os.putenv(name, value)
    octets.update(order.changed)


def _replace_environ(environ: Dict[bytes, bytes]) -> None:
    present = os.environb
    for name in [name for name in present if name not in environ]:
        del present[name]
    for name, value in environ.items():
        if present.get(name) != value:
            present[name] = value


def _main(name: str, annotated: bool) -> ModuleType:
    """A fresh `__main__` with the attributes that one of a started file has."""
    main = type(sys)('__main__')
    names = main.__dict__
    names['__loader__'] = SourceFileLoader('__main__', name)
    names['__builtins__'] = sys.modules['builtins']
    names['__file__'] = name
    names['__cached__'] = None
    if annotated:
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
