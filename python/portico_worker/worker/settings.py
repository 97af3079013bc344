"""The supervisor's first line on descriptor 3: everything a worker is told."""

from __future__ import annotations

import json
from typing import Any, Dict, NamedTuple, Optional

from ..serving.told import Serve, serve_of
from .health import Health, health_of


class Settings(NamedTuple):
    """`wsgi` is the target, `socket` the path to listen on; users and groups are names, None to stay as we are."""

    application: str
    wsgi: str
    directory: str
    socket: str
    socket_mode: int
    threads: int
    environment: Dict[str, str]
    user: Optional[str]
    group: Optional[str]
    server_software: str
    multiprocess: bool
    #: Development: tell which files the application is made of, and why it failed to whoever asks.
    reload: bool
    #: Where the interpreter says what its threads did when it crashes; 2 when it has no place of its own.
    crash_descriptor: int
    #: What is asked of the application before it takes requests; None: nothing.
    health: Optional[Health] = None
    #: This process imports the application and forks workers.
    preload: bool = False
    #: Foreign front servers are served on a listening socket that was handed over; None: HTTP processes on `socket`.
    serve: Optional[Serve] = None


def settings_of(line: str) -> Settings:
    """Reads the line; KeyError, TypeError or ValueError mean that the supervisor is of another version."""
    return settings_from(json.loads(line))


def settings_from(told: Dict[str, Any]) -> Settings:
    """The same of what is decoded already."""
    return Settings(
        application=str(told['application']),
        wsgi=str(told['wsgi']),
        directory=str(told['directory']),
        socket=str(told.get('socket', '')),
        socket_mode=int(told.get('socket_mode', 0o600)),
        threads=max(1, int(told.get('threads', 1))),
        environment={str(name): str(value) for name, value in told.get('environment', {}).items()},
        user=told.get('user'),
        group=told.get('group'),
        server_software=str(told.get('server_software', 'Portico')),
        multiprocess=bool(told.get('multiprocess', True)),
        reload=bool(told.get('reload', False)),
        crash_descriptor=int(told.get('crash_descriptor', 2)),
        health=health_of(told.get('health')),
        preload=bool(told.get('preload', False)),
        serve=serve_of(told.get('serve')),
    )
