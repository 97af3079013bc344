"""The listening socket: what comes in through it, and what may not."""

from __future__ import annotations

import errno
import ipaddress
import os
import select
import socket
from typing import FrozenSet, Optional

#: Errors that are about the connection that was to be accepted, not about us.
_PASSING = frozenset((errno.ECONNABORTED, errno.EINTR, errno.EPROTO, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENETUNREACH))


class Entrance:
    """`shared`: other processes may accept on the same socket, so nothing of ours may change it for them."""

    def __init__(self, sock: socket.socket, shared: bool, path: Optional[str] = None) -> None:
        self.socket = sock
        self.shared = shared
        #: Where a unix socket of our own making is found; removed at the end.
        self._path = path
        self._identity = _identity(path) if path is not None else None
        os.set_inheritable(sock.fileno(), False)
        sock.setblocking(False)
        self._welcome = None if sock.family == socket.AF_UNIX else welcome_addresses()

    def fileno(self) -> int:
        """Negative once it is closed."""
        return self.socket.fileno()

    @property
    def name(self) -> str:
        """Where it listens, as `--bind` takes it."""
        name = self.socket.getsockname()
        if self.socket.family == socket.AF_UNIX:
            return f'unix:{os.fsdecode(name)}'
        host, port = name[:2]
        return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'

    @property
    def open_to_others(self) -> bool:
        """Other machines reach it, and nobody has said which of them may connect."""
        if self.socket.family == socket.AF_UNIX or self._welcome is not None:
            return False
        return not ipaddress.ip_address(_plain(self.socket.getsockname()[0])).is_loopback

    @property
    def waits(self) -> bool:
        """A connection can be accepted."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(0))

    def accept(self) -> Optional[socket.socket]:
        """The next connection, None when none waits; OSError when the process can have no more."""
        while True:
            try:
                sock, address = self.socket.accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _PASSING:
                    continue
                raise
            if self._welcome is not None and _plain(address[0]) not in self._welcome:
                sock.close()
                continue
            sock.setblocking(True)
            return sock

    def stop(self) -> None:
        """Takes no more. Only our copy is closed: another process may go on with it."""
        self.socket.close()
        if self._path is not None and _identity(self._path) == self._identity:
            try:
                os.unlink(self._path)
            except OSError:
                pass  # the directory may be another user's

    def close(self) -> None:
        """In a forked child: lets go of it."""
        self.socket.close()


def welcome_addresses() -> Optional[FrozenSet[str]]:
    """FCGI_WEB_SERVER_ADDRS (FastCGI 1.0, section 3.2): who may connect over TCP; None when it says nothing."""
    told = os.environ.get('FCGI_WEB_SERVER_ADDRS')
    if told is None:
        return None
    return frozenset(_plain(part.strip()) for part in told.split(',') if part.strip())


def _plain(address: str) -> str:
    """One spelling for one address; an IPv4 address is the same when it comes over IPv6."""
    try:
        found = ipaddress.ip_address(address.partition('%')[0])
    except ValueError:
        return address
    return str(getattr(found, 'ipv4_mapped', None) or found)


def _identity(path: str) -> Optional[tuple]:  # type: ignore[type-arg]
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
