"""Runs code with no Python frame below it, as the interpreter runs the file it is started with.

A child is forked deep in the loop of the fork-server. What inspect.stack() shows, what `sys._getframe` and
`warnings` count, must be the script's frames alone; and frames cannot be taken away from below. They can be left,
though: an exception that nobody catches goes through all of them, and then the interpreter, in C, calls
sys.excepthook. What runs from there has nothing below.

Nothing in Python may be on the stack while the script runs, so nothing in Python can catch what it raises. The chain:

- sys.excepthook is a class. Its instance dies as soon as the interpreter has made it, and its `__del__` is no Python
  function but a partial object that walks a `map` of steps, all in C: run the script, then `done`.
- An exception of the script ends the walk. The list of steps dies with it, and so does its last element, whose
  `__del__` now sets sys.unraisablehook: the next thing the interpreter calls, with what the script has raised, since
  it got out of a `__del__`. While the script runs that hook is the script's own affair.
"""

from __future__ import annotations

import sys
from collections import deque
from functools import partial
from operator import methodcaller
from types import CodeType
from typing import Any, Callable, Dict, Iterator, List, NoReturn


class _Leave(BaseException):
    """Goes through all frames of the fork-server."""


class _Steps:
    """Gives an iterator that nobody else holds, so that it dies where the walk ends, and the steps with it."""

    def __init__(self) -> None:
        self.steps: List[Callable[[], Any]] = []

    def __iter__(self) -> Iterator[Any]:
        steps, self.steps = [*self.steps, _Last()], []
        return map(methodcaller('__call__'), steps)


class _Last:
    """Dies when the script has raised."""

    failed: Callable[[BaseException], NoReturn]

    def __del__(self) -> None:
        _Last.hook = sys.unraisablehook
        sys.unraisablehook = _caught


def _caught(unraisable: Any) -> None:
    sys.unraisablehook = _Last.hook
    _Last.failed(unraisable.exc_value)


def _let_go(run: Any, done: Callable[[], NoReturn]) -> NoReturn:
    """The globals of the script are to die with their module, so nothing of ours may hold them at the end."""
    run.__setstate__((exec, (), {}, {}))
    done()


_steps = _Steps()


class _Bridge(Exception):
    __del__ = staticmethod(partial(deque, _steps, 0))

    def __init__(self, *_: Any) -> None:
        self.args = ()
        sys.excepthook = sys.__excepthook__
        for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
            if hasattr(sys, name):
                delattr(sys, name)


def prepare(
    code: CodeType, names: Dict[str, Any], done: Callable[[], NoReturn], failed: Callable[[BaseException], NoReturn]
) -> None:
    """What `leave` is to do: run the code in these globals, then `done` or, with what it has raised, `failed`."""
    run = partial(exec, code, names)
    _Last.failed = staticmethod(failed)  # type: ignore[assignment]
    _steps.steps = [run, partial(_let_go, run, done)]


def leave(*kept: Any) -> NoReturn:
    """Leaves all frames, and goes on there. What is to be kept would die with the frames, one copied page an object."""
    _kept.append(kept)
    sys.excepthook = _Bridge
    raise _Leave


_kept: List[Any] = []
