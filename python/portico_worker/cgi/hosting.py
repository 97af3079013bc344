"""What everything in a launcher shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Dict, Set

from .execute import Execution
from .loop import Loop
from .settings import Settings
from .shebang import FirstLines

if TYPE_CHECKING:
    from .connection import Connection
    from .keeper import Keeper
    from .places import Places
    from .run import Run
    from .warm import Warm


class Hosting:
    """`places` and `warm` are set before the first connection."""

    places: 'Places'
    warm: 'Warm'

    def __init__(self, settings: Settings, loop: Loop, keeper: 'Keeper') -> None:
        self.settings = settings
        self.loop = loop
        self.keeper = keeper
        self.execution = Execution(settings.slots, settings.rlimits)
        self.first_lines = FirstLines()
        self.connections: Set['Connection'] = set()
        #: Every script that has not ended.
        self.runs: Set['Run'] = set()
        #: Those among them that are children of the launcher, by process id.
        self.children: Dict[int, 'Run'] = {}
        self.stopping = False


def say(text: str) -> None:
    """A line of the launcher's own log; lost rather than waited for when nobody reads."""
    try:
        os.write(2, f'portico: {text}\n'.encode('utf-8', 'backslashreplace'))
    except OSError:
        pass
