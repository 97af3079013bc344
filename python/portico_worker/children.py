"""Processes that the application forks: nothing of the worker may live on in them.

What it executes is covered by descriptors that are not inheritable; this is for os.fork without an exec
(multiprocessing, daemons), where a child would otherwise hold the listener and the connections open.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import Any, Callable, Dict, Optional

from . import console, crash
from .control import Control
from .slots import Slots


def guard_children(
    control: Control,
    listener: socket.socket,
    slots: Callable[[], Optional[Slots]],
    handlers: Dict[int, Any],
    crash_descriptor: int,
) -> None:
    """Registers what happens in a forked child; `handlers` are the worker's signal handlers, by signal number."""

    def in_child() -> None:
        console.renew_locks()
        control.close_in_child()
        crash.close_in_child(crash_descriptor)
        listener.close()
        running = slots()
        if running is not None:
            running.close_in_child()
        for number, own in handlers.items():
            if signal.getsignal(number) == own:  # else the application has set its own, and keeps it
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    os.register_at_fork(after_in_child=in_child)
