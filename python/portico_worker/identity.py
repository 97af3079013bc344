"""The user a worker runs as: taken on before the application is imported, for good."""

from __future__ import annotations

import grp
import os
import pwd
from typing import Dict, Optional

from .failure import StartFailure


def take_identity(user: Optional[str], group: Optional[str], environment: Dict[str, str]) -> None:
    """initgroups, setgid, setuid; HOME, USER and LOGNAME follow unless `environment` sets them."""
    if user is None and group is None:
        return
    try:
        account = _account(user) if user is not None else None
        gid = group_id(group) if group is not None else None
    except KeyError as error:
        raise StartFailure('user', f'Cannot run as {_names(user, group)}: {str(error.args[0])}',
                           'Create the account, or name another one') from None
    if account is not None and gid is None:
        gid = account.pw_gid
    if os.geteuid() != 0:
        if (account is None or account.pw_uid == os.geteuid()) and gid in (os.getegid(), None):
            return
        raise StartFailure('user', f'Cannot run as {_names(user, group)}: the worker was not started by root',
                           'Start the server as root, or leave out "user" and "group"')
    try:
        if account is not None:
            os.initgroups(account.pw_name, gid if gid is not None else account.pw_gid)
        elif gid is not None:
            os.setgroups([gid])
        if gid is not None:
            os.setgid(gid)
        if account is not None:
            os.setuid(account.pw_uid)
    except OSError as error:
        raise StartFailure('user', f'Cannot run as {_names(user, group)}: {error.strerror}') from None
    if account is not None:
        own = {'HOME': account.pw_dir, 'USER': account.pw_name, 'LOGNAME': account.pw_name}
        os.environ.update({name: value for name, value in own.items() if name not in environment})


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        if user.isdigit():
            return pwd.getpwuid(int(user))
        raise


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
