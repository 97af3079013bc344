"""Pages of programs and libraries that a child finds mapped.

fork(2) leaves out of a child's page table what only maps a file: the child faults each page in again, 75 times for a small
script, which is a tenth of its request. What has a page of its own in between is copied whole, though. So the first octet of
each of these mappings is written, as what it is; /proc/PID/mem may do that where the mapping itself may not.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Set

#: Code, and constants.
_READ_ONLY = (b'r-xp', b'r--p')


class Mapped:
    """`touch` is for a time at which no child is to be forked before it returns."""

    def __init__(self) -> None:
        self._touched: Set[int] = set()

    def touch(self) -> None:
        """Those that have come since; without effect where the system does not let it be done."""
        try:
            with open('/proc/self/maps', 'rb') as file:
                lines = file.read().splitlines()
            memory = os.open('/proc/self/mem', os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return
        try:
            for line in lines:
                span, access, _, _, _, *path = line.split(None, 5)
                start = int(span.partition(b'-')[0], 16)
                if access in _READ_ONLY and path and path[0].startswith(b'/') and start not in self._touched:
                    os.pwrite(memory, os.pread(memory, 1, start), start)
                    self._touched.add(start)
        except (OSError, OverflowError):
            pass
        finally:
            os.close(memory)
