"""Why a script cannot be run, in one sentence that says what to do.

The kernel has one number for many causes: ENOENT of a file that is there, for one, means that what runs it is not.
"""

from __future__ import annotations

import errno
import os
from typing import Optional

from .shebang import first_line

#: appStatus of a script that is not there, and of one that cannot be executed; the exit codes of a shell.
NOT_FOUND, CANNOT = 127, 126
#: The system has no room for another process; a later request may succeed.
_NO_ROOM = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class Unrunnable(Exception):
    """`status` is the appStatus, `sentence` is for the log."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class NoRoom(Exception):
    """No process can be had now (FastCGI: OVERLOADED)."""

    def __init__(self, path: bytes, number: int) -> None:
        hint = 'raise the limits on processes, memory and open files, or lower "concurrency"'
        self.sentence = f'Cannot start script "{readable(path)}": {os.strerror(number)}; {hint}'
        super().__init__(self.sentence)


def readable(path: bytes) -> str:
    """A path for a log line; octets that are not UTF-8 and line ends are shown as escapes."""
    return path.decode('utf-8', 'backslashreplace').replace('\n', '\\n').replace('\r', '\\r')


def why_not_found(path: bytes, error: OSError) -> Unrunnable:
    """The script cannot even be looked at."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unrunnable(CANNOT, f'Script "{readable(path)}" cannot be reached: {_closed_directory(path)}')
    if error.errno == errno.ELOOP:
        return Unrunnable(CANNOT, f'Script "{readable(path)}" is a symbolic link that leads in a circle; correct it')
    if os.path.islink(path):
        link = f'Script "{readable(path)}" is a symbolic link to "{readable(os.readlink(path))}"'
        return Unrunnable(NOT_FOUND, f'{link}, which does not exist')
    return Unrunnable(NOT_FOUND, f'Script "{readable(path)}" does not exist ({os.strerror(error.errno or 0)})')


def why_not_entered(path: bytes, directory: bytes, error: OSError) -> Unrunnable:
    """The working directory cannot be entered."""
    why = error.strerror
    if error.errno == errno.EACCES:
        why = f'{_who()} may not search it; allow it with chmod'
    return Unrunnable(CANNOT, f'Script "{readable(path)}" cannot run in directory "{readable(directory)}": {why}')


def why_not_executed(path: bytes, error: OSError) -> Exception:
    """What execve said of a script that is there."""
    number = error.errno or 0
    if number in _NO_ROOM:
        return NoRoom(path, number)
    name = f'Script "{readable(path)}"'
    if number == errno.ENOENT and os.path.exists(path):
        return Unrunnable(NOT_FOUND, f'{name} cannot be executed: {_missing_interpreter(path)}')
    if number == errno.ENOENT:
        return Unrunnable(NOT_FOUND, f'{name} does not exist')
    if number == errno.ENOEXEC:
        return Unrunnable(CANNOT, f'{name} cannot be executed: {_no_format(path)}')
    if number in (errno.EACCES, errno.EPERM):
        return Unrunnable(CANNOT, f'{name} cannot be executed: {_not_allowed(path)}')
    if number == errno.E2BIG:
        return Unrunnable(CANNOT, f'{name} cannot be executed: its environment is larger than the system allows')
    if number == errno.ETXTBSY:
        return Unrunnable(CANNOT, f'{name} cannot be executed: it is being written; try again when that is done')
    return Unrunnable(CANNOT, f'{name} cannot be executed: {os.strerror(number)}')


def _missing_interpreter(path: bytes) -> str:
    line = first_line(path)
    words = line[2:].split()
    if not line.startswith(b'#!') or not words:
        return 'the dynamic loader it was linked for is not installed; build it for this system'
    interpreter = readable(words[0])
    if has_carriage_return(line):
        return carriage_return(path)
    return f'its first line names "{interpreter}", which does not exist; correct it or install that'


def has_carriage_return(line: bytes) -> bool:
    return line.rstrip(b'\n').endswith(b'\r')


def carriage_return(path: bytes) -> str:
    return f'its first line ends with a carriage return (\\r), as on Windows, which is looked for as part of the name ' \
           f'of the interpreter; convert it with sed -i \'s/\\r$//\' "{readable(path)}"'


def _who() -> str:
    import pwd  # by who has a fault to tell only

    try:
        return f'user "{pwd.getpwuid(os.geteuid()).pw_name}"'
    except KeyError:
        return f'user {os.geteuid()}'


def _usual_line(path: bytes) -> str:
    return {b'.py': '#!/usr/bin/python3', b'.pl': '#!/usr/bin/perl'}.get(os.path.splitext(path)[1], '#!/bin/sh')


def _no_format(path: bytes) -> str:
    try:
        with open(path, 'rb') as file:
            start = file.read(4)
    except OSError:
        start = b''
    if start == b'\x7fELF':
        return 'it is a program for another kind of processor; build it for this system'
    if start[:3] == b'\xef\xbb\xbf':
        return 'it begins with a byte order mark in front of "#!"; save it without one'
    return 'it has no "#!" line that says what runs it; add one, such as ' + _usual_line(path)


def _not_allowed(path: bytes) -> str:
    if not os.access(path, os.F_OK):
        return _closed_directory(path)
    if not os.stat(path).st_mode & 0o111:
        return f'it has no execute permission; allow it with chmod +x "{readable(path)}"'
    try:
        if os.statvfs(path).f_flag & os.ST_NOEXEC:
            return 'its file system is mounted with noexec; move it, or mount that without noexec'
    except OSError:
        pass
    if not os.access(path, os.X_OK):
        return f'{_who()} has no execute permission; allow it with chmod'
    words = first_line(path)[2:].split()
    interpreter = words[0] if words else b''
    if interpreter and not os.access(interpreter, os.X_OK):
        return f'its first line names "{readable(interpreter)}", which {_who()} may not execute'
    return 'permission denied'


def _closed_directory(path: bytes) -> str:
    closed: Optional[bytes] = None
    directory = os.path.dirname(path)
    while directory not in (b'', b'/'):
        if os.path.isdir(directory) and not os.access(directory, os.X_OK):
            closed = directory
        directory = os.path.dirname(directory)
    if closed is None:
        return f'{_who()} may not search one of its directories; allow it with chmod'
    return f'{_who()} may not search directory "{readable(closed)}"; allow it with chmod'
