"""Processes that the application forks: nothing of the worker may live on in them.

What it executes is covered by descriptors that are not inheritable; this is for os.fork without an exec
(multiprocessing, daemons), where a child would otherwise hold the listener and the connections open.
"""

from __future__ import annotations

import os
import signal

from . import console, crash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Protocol

    from .control import Control

    class Closable(Protocol):
        """A listening socket, or what stands for one."""

        def close(self) -> None: ...

    class Running(Protocol):
        """What answers requests: slots, or a server for others."""

        def close_in_child(self) -> None: ...


def guard_children(
    control: Control,
    listener: Closable,
    slots: Callable[[], Optional[Running]],
    handlers: Dict[int, Any],
    crash_descriptor: int,
) -> None:
    """Registers what happens in a forked child; `handlers` are the worker's signal handlers, by signal number."""

    def in_child() -> None:
        console.renew_locks()
        control.close_in_child()
        crash.close_in_child(crash_descriptor)
        _let_go(listener, slots(), handlers)

    os.register_at_fork(after_in_child=in_child)


def guard_server(listener: Closable, server: Callable[[], Optional[Running]], handlers: Dict[int, Any]) -> None:
    """The same for a process that no supervisor leads."""
    os.register_at_fork(after_in_child=lambda: _let_go(listener, server(), handlers))


def _let_go(listener: Closable, running: Optional[Running], handlers: Dict[int, Any]) -> None:
    listener.close()
    if running is not None:
        running.close_in_child()
    for number, own in handlers.items():
        if signal.getsignal(number) == own:  # else the application has set its own, and keeps it
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
