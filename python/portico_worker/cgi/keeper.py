"""A process that outlives the launcher by a moment, to end the scripts it leaves behind.

When the launcher is killed, nobody else knows its scripts: each has a process group of its own, so the supervisor does
not reach them, and a wish of the kernel's for a signal at the parent's death (PR_SET_PDEATHSIG) cannot be had from the
standard library. So before it does anything else the launcher forks this process, which sleeps in a read that ends
with the launcher, and then ends every group in a table that both share. A script costs two stores to that memory and no
system call. Scripts of a fork-server are not here: that server notices the end of the launcher itself.
"""

from __future__ import annotations

import mmap
import os
import signal
from typing import List, NoReturn

from .process_group import signal_group


class Keeper:
    """The launcher's side: `add` and `remove` the first process of a group. At most `places` at once."""

    def __init__(self, places: int) -> None:
        self._shared = mmap.mmap(-1, 4 * places)
        self._table = memoryview(self._shared).cast('I')
        self._free: List[int] = list(range(places))
        watched, self._lifeline = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._keep(watched)
        os.close(watched)

    def add(self, pid: int) -> int:
        """The place it has; -1 when there is none."""
        if not self._free:
            return -1
        place = self._free.pop()
        self._table[place] = pid
        return place

    def remove(self, place: int) -> None:
        """Before the process is reaped or just after: its number may be another's soon."""
        if place >= 0:
            self._table[place] = 0
            self._free.append(place)

    def _keep(self, watched: int) -> NoReturn:
        try:
            os.setpgid(0, 0)  # the supervisor kills the launcher's group
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
                signal.signal(number, signal.SIG_IGN)  # to all of a service at its stop: the end of the launcher counts
            os.dup2(watched, 0)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os.closerange(3, max(watched, self._lifeline, nothing, 64) + 1)
            session = os.getsid(0)
            os.read(0, 1)
            for pid in self._table:
                if pid and _still_ours(pid, session):
                    signal_group(pid, signal.SIGKILL)
        finally:
            os._exit(0)


def _still_ours(pid: int, session: int) -> bool:
    """Its parent is gone, so somebody else reaps it and its number could be given again."""
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return True  # it has ended; its group has the number
    except PermissionError:
        return False
