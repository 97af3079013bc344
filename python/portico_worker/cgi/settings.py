"""The supervisor's first line on descriptor 3: everything a launcher is told."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Union

from .roots import Roots

#: Seconds from SIGTERM to SIGKILL when nobody said how many.
_KILL_SECONDS = 3.0


class Settings(NamedTuple):
    """Times are seconds, 0 = off; users and groups are names, None to stay as we are."""

    application: str
    socket: str
    socket_mode: int
    crash_descriptor: int
    user: Optional[str]
    group: Optional[str]
    #: How many scripts run at once.
    slots: int
    #: In one of which a script must lie; None: anywhere.
    roots: Optional[Roots]
    #: Runs in place of SCRIPT_FILENAME, with these arguments.
    command: Optional[List[bytes]]
    #: Working directory; None: that of the script.
    directory: Optional[bytes]
    #: What every script finds in its environment; nothing else is handed down.
    environment: Dict[bytes, bytes]
    #: False: every script is executed; True: a Python script for which there is no fork-server fails.
    warm: Union[bool, str]
    #: Modules a fork-server imports; None: those that CGI scripts import.
    preload: Optional[List[str]]
    #: A script may take this long in all.
    time: float
    #: From SIGTERM to SIGKILL.
    kill_time: float
    #: cpu (seconds), memory, file_size, core (octets), files, processes (numbers); absent: as they are.
    rlimits: Dict[str, int]


def settings_of(line: str) -> Settings:
    """Reads the line; KeyError, TypeError or ValueError mean that the supervisor is of another version."""
    told: Dict[str, Any] = json.loads(line)
    roots, command, directory, preload = (told.get(name) for name in ('roots', 'command', 'directory', 'preload'))
    environment = {os.fsencode(name): os.fsencode(value) for name, value in told.get('environment', {}).items()}
    return Settings(
        application=str(told['application']),
        socket=str(told['socket']),
        socket_mode=int(told.get('socket_mode', 0o600)),
        crash_descriptor=int(told.get('crash_descriptor', 2)),
        user=told.get('user'),
        group=told.get('group'),
        slots=max(1, int(told.get('slots', 1))),
        roots=None if roots is None else Roots([os.fsencode(str(root)) for root in roots]),
        command=[os.fsencode(word) for word in command] if command else None,
        directory=None if directory is None else os.fsencode(directory),
        environment={name: value for name, value in environment.items() if name and b'=' not in name},
        warm=told.get('warm', 'auto'),
        preload=None if preload is None else [str(name) for name in preload],
        time=float(told.get('time') or 0),
        kill_time=float(told.get('kill_time', _KILL_SECONDS)),
        rlimits={str(name): int(value) for name, value in (told.get('rlimits') or {}).items() if value is not None},
    )
