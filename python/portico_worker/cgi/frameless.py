"""Runs code with no Python frame below it, as the interpreter runs the file it is started with.

What inspect.stack() shows in a script, what `sys._getframe` and `warnings` count, must be the script's frames alone, and
frames cannot be taken away from below. They can be left, though: an exception that nobody catches goes through all of
them, and then the interpreter, in C, calls sys.excepthook. What runs from there has nothing below. The fork-server leaves
its frames once, at its start, and serves from there: each step of a walk in C asks it for the next thing to call, and it
answers in a child only. (Leaving them in each child copied 180 pages more: a quarter of a small script.)

Nothing in Python may be on the stack while the script runs, so nothing in Python can catch what it raises. The chain:

- sys.excepthook is a class. Its instance dies as soon as the interpreter has made it, and its `__del__` is no Python
  function but a partial object that walks a `map` of steps, all in C: run the script, then `done`.
- An exception of the script ends the walk. The walk's iterator dies with it, and so does what it holds, a `_Last`, whose
  `__del__` now sets sys.unraisablehook: the next thing the interpreter calls, with what the script has raised, since
  it got out of a `__del__`. While the script runs that hook is the script's own affair.
"""

from __future__ import annotations

import sys
from _collections import deque
from _functools import partial
from _operator import methodcaller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Callable, Dict, Iterator, List, NoReturn, Optional

    #: Something to call without arguments.
    Step = Callable[[], Any]



class _Leave(BaseException):
    """Goes through all frames of the fork-server."""


class _Last:
    """Dies when the script has raised."""

    failed: Callable[[BaseException], NoReturn]

    def __del__(self) -> None:
        _Last.hook = sys.unraisablehook
        sys.unraisablehook = _caught


class _Walk:
    """Steps: those of a script, once `serve` comes back, which it does in a child."""

    def __init__(self, serve: Callable[[], List[Step]]) -> None:
        self._serve = serve
        self._steps: List[Step] = []
        self._last: Optional[_Last] = None

    def __iter__(self) -> 'Iterator[Step]':
        return self  # type: ignore[return-value]

    def __next__(self) -> Step:
        if self._last is None:
            self._steps = self._serve()
            self._last = _Last()
        return self._steps.pop()


class _Start:
    """Gives an iterator that nobody else holds, so that it dies where the walk ends."""

    serve: Optional[Callable[[], List[Step]]] = None

    def __iter__(self) -> Iterator[Any]:
        serve, self.serve = self.serve, None
        return map(methodcaller('__call__'), _Walk(serve))  # type: ignore[arg-type]


_start = _Start()


class _Bridge(Exception):
    __del__ = staticmethod(partial(deque, _start, 0))

    def __init__(self, *_: Any) -> None:
        self.args = ()
        sys.excepthook = sys.__excepthook__
        for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
            if hasattr(sys, name):
                delattr(sys, name)


def _caught(unraisable: Any) -> None:
    sys.unraisablehook = _Last.hook
    _Last.failed(unraisable.exc_value)


def _let_go(run: Any, done: Callable[[], NoReturn]) -> NoReturn:
    """The globals of the script are to die with their module, so nothing of ours may hold them at the end."""
    run.__setstate__((exec, (), {}, {}))
    done()


def expect(failed: Callable[[BaseException], NoReturn]) -> None:
    """`failed` is called with what a script has raised."""
    _Last.failed = staticmethod(failed)  # type: ignore[assignment]


def steps_of(code: CodeType, names: Dict[str, Any], done: Callable[[], NoReturn]) -> List[Step]:
    """Run the code in these globals, then `done`; the last is called first."""
    run = partial(exec, code, names)
    return [partial(_let_go, run, done), run]


def leave(serve: Callable[[], List[Step]]) -> NoReturn:
    """Leaves all frames, and goes on in `serve`, which comes back with steps in a child only."""
    _start.serve = serve
    sys.excepthook = _Bridge
    raise _Leave
