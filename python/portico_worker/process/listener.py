"""The listening unix socket of a worker.

Made by the user that the application runs as, in a directory that this user may change: root must not touch a name
there, because it could be a symbolic link by then. So the mode comes from the umask, and the group from the setgid
bit of the directory.
"""

from __future__ import annotations

import os
import socket
import stat

from ..failure import StartFailure

#: Room for connections that wait for a slot; HTTP processes do not open more than there are slots.
_BACKLOG = 128
#: sun_path without its final NUL, on Linux.
MAX_PATH = 107


class UnixListener(socket.socket):
    """A listening unix socket of this process."""

    def stop(self) -> None:
        """Takes no more, wakes the threads that accept (Linux), and removes its name."""
        path = self.getsockname()
        try:
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # nobody accepts
        self.close()
        try:
            os.unlink(path)
        except OSError:
            pass  # the directory belongs to another user; the supervisor clears it


def listen(path: str, mode: int) -> UnixListener:
    """Binds and listens; a socket left behind under the same path is replaced, anything else there is not."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise StartFailure('socket', f'Cannot listen on "{path}": the path is longer than {MAX_PATH} octets',
                           'Set "runtime" to a shorter directory')
    sock = UnixListener(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.exists(path) and stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
        bind(sock, path, mode)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise StartFailure('socket', f'Cannot listen on "{path}": {error.strerror or error}',
                           'Check the owner and the mode of the runtime directory') from None
    return sock


def bind(sock: socket.socket, path: str, mode: int) -> None:
    """Gives the socket its name, which has its mode from the beginning. Not while other threads make files."""
    umask = os.umask(0o777 & ~mode)
    try:
        sock.bind(path)
    finally:
        os.umask(umask)
