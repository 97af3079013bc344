"""What a fork-server imports: what its scripts would import themselves, each request anew."""

from __future__ import annotations

import os
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List

#: Whose hooks for the child of a fork do nothing in a child of a fork-server.
_IDLE = ('threading', 'logging')


class Unfit(Exception):
    """This module cannot be imported in front of a fork; `why` is for the log."""

    def __init__(self, module: str, why: str) -> None:
        super().__init__(module, why)
        self.module = module
        self.why = why


def preload(names: List[str], excluded: List[str], importing: Callable[[str], None]) -> None:
    """Imports them. Raises Unfit at the first that is not fit for it.

    `importing` hears which is next, so that somebody knows it when this process does not come back from there.
    """
    for name in names:
        if name in excluded:
            continue
        importing(name)
        try:
            with _WithoutIdleHooks():
                _import(name)
        except BaseException as error:
            raise Unfit(name, f'{type(error).__name__}: {error}') from None
        if threads() > 1:
            raise Unfit(name, 'it starts a thread, which a fork would not take along')


#: As os.register_at_fork takes them.
idle_hooks: List[Dict[str, Any]] = []


class _WithoutIdleHooks:
    """What `threading` and `logging` register for a child of a fork is left out while they are imported.

    They make locks anew that another thread may have held, and forget threads that are gone. A fork-server has one
    thread and holds none of them. Run in Python, in every child, they copy 250 pages: 0.7 ms of a request of 2.5. The
    script is given them for forks of its own.
    """

    def __enter__(self) -> None:
        self._register = os.register_at_fork
        os.register_at_fork = self._chosen  # type: ignore[assignment]

    def __exit__(self, *_: Any) -> None:
        os.register_at_fork = self._register

    def _chosen(self, **hooks: Any) -> None:
        if any(getattr(hook, '__module__', '') in _IDLE for hook in hooks.values()):
            idle_hooks.append(hooks)
        else:
            self._register(**hooks)


def _import(name: str) -> None:
    """One whose import warns is left to the scripts, which are to see it: with -W, or -X dev."""
    before = set(sys.modules)
    with warnings.catch_warnings(record=True) as shown:
        __import__(name)
    if shown:
        for new in [new for new in sys.modules if new not in before]:
            del sys.modules[new]


def threads() -> int:
    """Of this process, also those that Python does not know."""
    try:
        return len(os.listdir('/proc/self/task'))
    except OSError:
        return len(sys._current_frames())
