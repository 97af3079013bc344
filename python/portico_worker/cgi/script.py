"""The file that a request names: where it really lies, and whether it may be run."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple, Optional

from .roots import Roots
from .unrunnable import CANNOT, NOT_FOUND, Unrunnable, readable, why_not_found

_PATH_ONLY = getattr(os, 'O_PATH', os.O_RDONLY) | os.O_CLOEXEC
_DELETED = b' (deleted)'


class Script(NamedTuple):
    """`path` is as it was asked for, `real` without symbolic links; `stamp` changes with the content."""

    path: bytes
    real: bytes
    stamp: 'Stamp'


class Stamp(NamedTuple):
    """Which file it is and of what time."""

    device: int
    inode: int
    mtime_ns: int
    size: int


def find_script(path: bytes, roots: Optional[Roots]) -> Script:
    """The script; raises Unrunnable.

    An open descriptor of it (O_PATH, which needs no permission) tells both its real path and what it is, in half the
    time of a walk from link to link, and both about the same file. It is executed by its path afterwards: who can put
    another file there in between can put any script there.
    """
    if not path.startswith(b'/') or b'\0' in path:
        raise Unrunnable(NOT_FOUND, f'SCRIPT_FILENAME is not an absolute path: "{readable(path)}"')
    try:
        descriptor = os.open(path, _PATH_ONLY)
    except OSError as error:
        raise why_not_found(path, error) from None
    try:
        info = os.fstat(descriptor)
        try:
            real = os.readlink(b'/proc/self/fd/%d' % descriptor)
        except OSError:
            real = os.path.realpath(path)
    finally:
        os.close(descriptor)
    if info.st_nlink == 0 or (real.endswith(_DELETED) and not os.path.lexists(real)):
        raise Unrunnable(NOT_FOUND, f'Script "{readable(path)}" has just been removed')
    if roots is not None and not roots.hold(real):
        raise Unrunnable(CANNOT, f'Script "{readable(path)}" is really "{readable(real)}", outside of the directories '
                         'that scripts may lie in; move it there, or name its directory in the configuration')
    if not stat.S_ISREG(info.st_mode):
        what = 'a directory' if stat.S_ISDIR(info.st_mode) else 'not a regular file'
        raise Unrunnable(CANNOT, f'Script "{readable(path)}" is {what}; only regular files can be executed')
    return Script(path, real, Stamp(info.st_dev, info.st_ino, info.st_mtime_ns, info.st_size))
