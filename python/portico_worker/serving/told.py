"""Foreign front servers served under the supervisor, which hands over the listening socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional

if TYPE_CHECKING:
    from ..wsgi.call import Application
    from .entrance import Entrance
    from .server import Server


class Serve(NamedTuple):
    """`descriptor` is the listening socket, `queue` how many requests wait; `script_name` None: as the front server says."""

    protocol: str
    descriptor: int
    queue: int
    script_name: Optional[str]


def serve_of(told: Any) -> Optional[Serve]:
    """As the settings tell it; KeyError, TypeError or ValueError mean that the supervisor is of another version."""
    if told is None:
        return None
    from .front_environ import mount_point
    from .server import PROTOCOLS

    protocol, script_name = str(told['protocol']), told.get('script_name')
    if protocol not in PROTOCOLS:
        raise ValueError(f'the protocol {protocol!r} is not known')
    mounted = None if script_name is None else mount_point(str(script_name))
    return Serve(protocol, int(told['descriptor']), int(told.get('queue', 500)), mounted)


def server_of(
    serve: Serve, application: 'Application', base: Dict[str, Any], threads: int, entrance: 'Entrance'
) -> 'Server':
    """A server that is not started yet."""
    from .front_environ import FrontEnviron
    from .server import Server

    environ = FrontEnviron(base, serve.script_name)
    return Server(serve.protocol, entrance, application, environ, threads, serve.queue)
