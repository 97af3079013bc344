"""Modules of a script's own folder that have the name of one that a fork-server has imported already.

The folder of a script is the first place where its imports are looked for, so its own `calendar.py` stands for that of the
library. What the interpreter imports before it starts any script comes first all the same.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Set, Tuple

#: Folders that are remembered.
_MOST = 64


class Shadows:
    """`started` are the modules of an interpreter that has just started."""

    def __init__(self, started: Set[str]) -> None:
        self._started = started
        self._folders: Dict[bytes, Tuple[Tuple[int, ...], List[str]]] = {}

    def of(self, folder: bytes) -> List[str]:
        """Names in sys.modules that a script in this folder is not to find there."""
        try:
            info = os.stat(folder)
            # Modules are added, and never taken away here.
            stamp = (info.st_dev, info.st_ino, info.st_mtime_ns, len(sys.modules))
            known = self._folders.get(folder)
            if known is not None and known[0] == stamp:
                return known[1]
            own = {os.fsdecode(name).partition('.')[0] for name in os.listdir(folder)}
        except OSError:
            return []
        hidden = [name for name in sys.modules if name not in self._started and name.partition('.')[0] in own]
        if len(self._folders) >= _MOST:
            self._folders.clear()
        self._folders[folder] = (stamp, hidden)
        return hidden
