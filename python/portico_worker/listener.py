"""The listening unix socket of a worker: made before the user changes, with its mode and group."""

from __future__ import annotations

import grp
import os
import socket
import stat
from typing import Optional

from .failure import StartFailure

#: Room for connections that wait for a slot; HTTP processes do not open more than there are slots.
_BACKLOG = 128
#: sun_path without its final NUL, on Linux.
_MAX_PATH = 107


def listen(path: str, mode: int, group: Optional[str]) -> socket.socket:
    """Binds and listens; a socket left behind under the same path is replaced, anything else there is not."""
    if len(os.fsencode(path)) > _MAX_PATH:
        raise StartFailure('socket', f'Cannot listen on "{path}": the path is longer than {_MAX_PATH} octets',
                           'Set "runtime" to a shorter directory')
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.exists(path) and stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
        # Nobody may connect between bind and chmod.
        umask = os.umask(0o177)
        try:
            sock.bind(path)
        finally:
            os.umask(umask)
        if group is not None:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        os.chmod(path, mode)
        sock.listen(_BACKLOG)
    except KeyError:
        sock.close()
        raise StartFailure('socket', f'Cannot listen on "{path}": there is no group "{group}"',
                           'Create the group, or name another one') from None
    except OSError as error:
        sock.close()
        raise StartFailure('socket', f'Cannot listen on "{path}": {error.strerror or error}',
                           'Check the owner and the mode of the runtime directory') from None
    return sock
