"""The "#!" line of a script, read as the kernel and env(1) read it."""

from __future__ import annotations

import os
import re
from typing import Dict, NamedTuple, Optional, Tuple

#: What the kernel looks at (BINPRM_BUF_SIZE).
_MAX_LINE = 256
_MAX_REMEMBERED = 1024
_PYTHON = re.compile(rb'python(3(\.\d+)?t?)?\Z')
#: Flags that change how Python runs, but not what it runs.
_FLAGS = re.compile(rb'-(?:[bBdEIOPqRsSu]+|W.+|X.+)\Z')
_OWN_ARGUMENT = (b'-W', b'-X')
#: With these env(1) does more than to split at blanks.
_QUOTING = re.compile(rb'[\'"\\$#]')


class Interpreter(NamedTuple):
    """`program` is a path, or a name that is looked up in PATH when `looked_up`; `flags` are its own."""

    program: bytes
    flags: Tuple[bytes, ...]
    looked_up: bool


def first_line(path: bytes) -> bytes:
    """As much of the first line as the kernel reads, with its line feed; empty when the file cannot be read."""
    try:
        with open(path, 'rb', buffering=0) as file:
            line, feed, _ = (file.read(_MAX_LINE) or b'').partition(b'\n')
    except OSError:
        return b''
    return line + feed


def python_of(line: bytes) -> Optional[Interpreter]:
    """The Python a first line names, with flags that a fork-server can have; None: it is to be executed."""
    if not line.startswith(b'#!') or not line.endswith(b'\n') or b'\r' in line or b'\0' in line:
        return None
    program, _, rest = line[2:].strip(b' \t\n').replace(b'\t', b' ').partition(b' ')
    argument = rest.strip(b' ')
    if not program.startswith(b'/'):
        return None
    name = os.path.basename(program)
    if name == b'env':
        return _by_env(argument)
    if not _PYTHON.match(name) or (argument and not _FLAGS.match(argument)):
        return None  # the kernel passes on all after the blank as one argument
    return Interpreter(program, (argument,) if argument else (), False)


def _by_env(argument: bytes) -> Optional[Interpreter]:
    if argument.startswith(b'-S'):
        if _QUOTING.search(argument):
            return None
        words = argument[2:].split()
    else:
        words = [argument]
    if not words or not _PYTHON.match(words[0]):
        return None  # also a path, which env(1) takes too; rare, and executing is always right
    flags = words[1:]
    at = 0
    while at < len(flags):
        if flags[at] in _OWN_ARGUMENT and at + 1 < len(flags):
            at += 1
        elif not _FLAGS.match(flags[at]):
            return None
        at += 1
    return Interpreter(words[0], tuple(flags), True)


class FirstLines:
    """What the first lines of scripts say, read again only when a script has changed; bounded."""

    def __init__(self) -> None:
        self._known: Dict[object, Optional[Interpreter]] = {}

    def python(self, path: bytes, stamp: object) -> Optional[Interpreter]:
        """As `python_of`; the stamp tells that the file is still the same."""
        try:
            return self._known[stamp]
        except KeyError:
            pass
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        found = self._known[stamp] = python_of(first_line(path))
        return found
