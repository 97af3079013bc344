"""The user a worker runs as: whoever starts it has made it that user before the interpreter began.

Taking it on here would be too late. Python runs code of the virtual environment before the first line of ours (.pth
files, sitecustomize), and that must not run as root.
"""

from __future__ import annotations

import grp
import os
import pwd
from typing import Optional, Tuple

from ..failure import StartFailure


def check_identity(user: Optional[str], group: Optional[str]) -> None:
    """Refuses to be somebody else than the one that was told."""
    if user is None and group is None:
        return
    try:
        uid, own_gid = (os.geteuid(), os.getegid()) if user is None else _account(user, group)
        gid = own_gid if group is None else group_id(group)
    except KeyError as error:
        raise StartFailure('user', f'Cannot run as {_names(user, group)}: {str(error.args[0])}',
                           'Create the account, or name another one') from None
    if (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) == (uid, uid, gid, gid):
        return
    if os.geteuid() == 0:
        raise StartFailure('user', f'Cannot run as {_names(user, group)}: this process was started as root',
                           f'Start it as that user: setpriv --reuid={uid} --regid={gid} --init-groups python ...')
    raise StartFailure('user', f'Cannot run as {_names(user, group)}: the worker was not started by root',
                       'Start the server as root, or leave out "user" and "group"')


def _account(user: str, group: Optional[str]) -> Tuple[int, int]:
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        if not user.isdigit():
            raise
        if group is not None:
            return int(user), -1  # a number without an account, and a group in place of the account's own
        account = pwd.getpwuid(int(user))
    return account.pw_uid, account.pw_gid


def group_id(group: str) -> int:
    """By name, or by number as the system's tools take it too; KeyError when no group has that name."""
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        if group.isdigit():
            return int(group)
        raise


def _names(user: Optional[str], group: Optional[str]) -> str:
    names = [f'user "{user}"' if user is not None else '', f'group "{group}"' if group is not None else '']
    return ' and '.join(name for name in names if name)
