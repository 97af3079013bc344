"""What an application must not do to the server whose process it shares, and what a child of it must not keep."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import threading
from typing import Any, Callable, Dict, List, Set, Tuple

from ..process import console
from ..process.control import Control
from ..slots.crew import Slots

#: What the module signal has, before it is guarded.
_own = {name: getattr(signal, name) for name in ('signal', 'alarm', 'setitimer')}


def guard_signals() -> None:
    """signal.signal does nothing but say so: signals are the server's. Nor do alarms, which would end it."""
    told: Set[str] = set()

    def refused(call: str) -> None:
        if call not in told:
            told.add(call)
            print(
                f'portico: signal.{call} has no effect in embedded mode: signals belong to the server. '
                'Set mode: daemon for an application that needs them',
                file=sys.stderr,
            )

    def set_signal(number: Any, handler: Any) -> Any:
        refused(f'signal({getattr(number, "name", number)})')
        return signal.getsignal(number)

    def alarm(seconds: int) -> int:
        refused('alarm')
        return 0

    def set_timer(which: int, seconds: float, interval: float = 0.0) -> Tuple[float, float]:
        refused('setitimer')
        return (0.0, 0.0)

    vars(signal).update(signal=set_signal, alarm=alarm, setitimer=set_timer)


def guard_forks(control: Control, running: Callable[[], List[Slots]], server: Dict[int, str]) -> None:
    """Registers what happens in a child of os.fork (multiprocessing too); exec closes what is left by itself.

    `server` is what it holds, by descriptor, and what that leads to: a number passes to another owner when it is free.
    The connections of its clients are found by their address.
    """

    masks: Dict[int, Set[Any]] = {}

    def before() -> None:
        # Node's handlers write into a pipe that the server reads: a signal to the child would be one to the server.
        masks[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    def after() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.pop(threading.get_ident(), ()))

    def in_child() -> None:
        vars(signal).update(_own)  # the child's signals are its own
        for number in _caught():
            signal.signal(number, signal.SIG_DFL)
        after()
        console.renew_locks()
        control.close_in_child()
        for slots in running():
            slots.close_in_child()
        _close_server(server)

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=in_child)


def _caught() -> List[int]:
    """Signals with a handler, whoever has set it (proc(5), /proc/PID/status)."""
    with open('/proc/self/status', encoding='ascii', errors='replace') as lines:
        mask = next((int(line.split()[1], 16) for line in lines if line.startswith('SigCgt:')), 0)
    return [number for number in signal.valid_signals() if mask >> (number - 1) & 1]


def _close_server(server: Dict[int, str]) -> None:
    """Closes the server's sockets, its event queue and what that watches; descriptors of the application stay."""
    own = {fd for fd, link in server.items() if link and link_of(fd) == link}
    listening, others = _sockets()
    addresses = {_name(fd) for fd in listening if fd in own}
    doomed = own | {fd for fd in others if _name(fd) in addresses}
    for fd in own:
        doomed.update(_watched(fd))
    for fd in doomed:
        if fd > 2:
            try:
                os.close(fd)
            except OSError:
                pass


def _sockets() -> Any:
    listening: List[int] = []
    others: List[int] = []
    for entry in os.listdir('/proc/self/fd'):
        fd = int(entry)
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            with socket.socket(fileno=os.dup(fd)) as sock:
                accepts = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError:
            continue
        (listening if accepts else others).append(fd)
    return listening, others


def _name(fd: int) -> Any:
    """What distinguishes the sockets of one listener: family, and path or port (a listener may be on all addresses)."""
    try:
        with socket.socket(fileno=os.dup(fd)) as sock:
            name = sock.getsockname()
            return (sock.family == socket.AF_UNIX, name[1] if isinstance(name, tuple) else name or fd)
    except OSError:
        return fd


def link_of(fd: int) -> str:
    """What a descriptor leads to; '' when it is not open."""
    try:
        return os.readlink(f'/proc/self/fd/{fd}')
    except OSError:
        return ''


def _watched(fd: int) -> List[int]:
    """Descriptors registered with an event queue (proc(5), /proc/PID/fdinfo)."""
    try:
        with open(f'/proc/self/fdinfo/{fd}', encoding='ascii') as lines:
            return [int(line.split()[1]) for line in lines if line.startswith('tfd:')]
    except (OSError, ValueError):
        return []
