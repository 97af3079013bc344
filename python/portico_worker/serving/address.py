"""Where to listen: `unix:PATH`, `HOST:PORT`, `[::1]:PORT`, `PORT`, or descriptor 0, as FastCGI 1.0 section 2.2 has it."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import NamedTuple

from ..failure import StartFailure
from ..process.listener import MAX_PATH, bind
from .entrance import Entrance
from .limits import BACKLOG

#: FCGI_LISTENSOCK_FILENO.
LISTENING_DESCRIPTOR = 0
#: Where a port without a host listens.
_LOOPBACK = '127.0.0.1'


class Address(NamedTuple):
    """`path` of a unix socket, or `host` and `port`."""

    text: str
    path: str = ''
    host: str = ''
    port: int = 0


def address_of(text: str) -> Address:
    """ValueError says what is wrong with it."""
    if text.startswith('unix:'):
        path = text[5:]
        if not path:
            raise ValueError('"unix:" needs a path')
        if len(os.fsencode(path)) > MAX_PATH:
            raise ValueError(f'"{path}" is longer than {MAX_PATH} octets, the most that a unix socket may be named')
        return Address(text, path=os.path.abspath(path))
    host, colon, port = text.rpartition(':')
    if not colon:
        host = _LOOPBACK
    elif host.startswith('[') and host.endswith(']'):
        host = host[1:-1]
    elif ':' in host or not host:
        raise ValueError(f'"{text}" is not HOST:PORT; an IPv6 address stands in brackets, all addresses are 0.0.0.0 or [::]')
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f'"{text}" is neither unix:PATH, HOST:PORT nor PORT')
    return Address(text, host=host, port=int(port))


def listen(address: Address, mode: int) -> Entrance:
    """Binds and listens; StartFailure says why that cannot be."""
    try:
        return _listen_unix(address.path, mode) if address.path else _listen_tcp(address)
    except (OSError, UnicodeError) as error:
        why = getattr(error, 'strerror', None) or str(error)
        hint = 'Another program listens there' if getattr(error, 'errno', 0) == errno.EADDRINUSE else 'Correct --bind'
        raise StartFailure('socket', f'Cannot listen on "{address.text}": {why}', hint) from None


def inherited(descriptor: int) -> Entrance:
    """The listening socket that whoever started this process has left open; StartFailure when it is none."""
    try:
        sock = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        raise _none_inherited() from None
    if not _listens(sock):
        sock.close()
        raise _none_inherited()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, descriptor, inheritable=descriptor <= 2)  # neither the application nor what it starts may accept on it
    os.close(null)
    return Entrance(sock, shared=True)


def adopted(descriptor: int) -> Entrance:
    """A socket that the supervisor has bound and handed over; what comes before the application is there waits."""
    try:
        sock = socket.socket(fileno=descriptor)
        if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            sock.listen(BACKLOG)
        return Entrance(sock, shared=True)
    except OSError as error:
        raise StartFailure('socket', f'Descriptor {descriptor} is not a listening socket: {error.strerror}') from None


def _listens(sock: socket.socket) -> bool:
    """ENOTCONN is how FastCGI 1.0 section 2.2 tells a listening socket; the option leaves out one that is merely not connected."""
    try:
        sock.getpeername()
    except OSError as error:
        return error.errno == errno.ENOTCONN and bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    return False


def _none_inherited() -> StartFailure:
    return StartFailure(
        'socket', 'Descriptor 0 is not a listening socket',
        'Start it with spawn-fcgi or mod_fcgid, which leave one there, or say where to listen: --bind unix:PATH or --bind HOST:PORT',
    )


def _listen_tcp(address: Address) -> Entrance:
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, where = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return Entrance(sock, shared=False)


def _listen_unix(path: str, mode: int) -> Entrance:
    _clear(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bind(sock, path, mode)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return Entrance(sock, shared=False, path=path)


def _clear(path: str) -> None:
    """Removes a socket that nobody listens on any more; refuses to remove anything else."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise StartFailure('socket', f'Cannot listen on "{path}": it is there and is not a socket', 'Choose another path')
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            pass  # its backlog is full
        except OSError as error:
            raise StartFailure(
                'socket', f'Cannot listen on "{path}": a socket is there that cannot be asked: {error.strerror}',
                'Remove it, or choose another path',
            ) from None
    raise StartFailure('socket', f'Cannot listen on "{path}": another process listens there', 'Stop it, or choose another path')
