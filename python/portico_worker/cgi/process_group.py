"""Signals to the process group of a script, which has the number of its first process."""

from __future__ import annotations

import os


def signal_group(pid: int, number: int) -> None:
    """While the first process has not been reaped, so that its number is certainly taken."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        _signal_process(pid, number)  # forked a moment ago, and not yet in a group of its own
    except PermissionError:
        pass  # it has become another user


def signal_rest(pid: int, number: int) -> None:
    """After the first process has been reaped: to those of its group that are left.

    A number is not given again while a group has it. So when a process has it now, the group is gone and the number is
    somebody else's; when no process has it, a group with this number can only be the old one.
    """
    try:
        os.getpgid(pid)
        return
    except ProcessLookupError:
        pass
    except PermissionError:
        return
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _signal_process(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
