"""Messages between the launcher and a fork-server: length, kind, content. Also read by the Python of a script.

Plain fields rather than pickle or marshal, because both ends may be different versions of Python.
"""

from __future__ import annotations

from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple

#: To the fork-server: what it is told once, a job, a signal for one.
SETTINGS, JOB, SIGNAL = 1, 2, 3
#: From it: what it imports next, why it gives up, that it takes jobs, and of a job its process, its end, or that there
#: can be none.
IMPORTING, TROUBLE, READY, STARTED, EXITED, NO_FORK = 11, 12, 13, 14, 15, 16

HEADER = Struct('!IB')
#: Job and signal; job and process; job, process and exit code; job and error number.
SIGNAL_BODY = STARTED_BODY = NO_FORK_BODY = Struct('!II')
EXITED_BODY = Struct('!IIi')
#: An environ has at most 1 MiB from the wire; the base environment and the paths come on top.
MAX_CONTENT = 4 << 20

#: Number, stamp, whether the environ is whole, and the lengths of script, names and pairs.
_JOB = Struct('!IQQQQ?3I')
_TOLD = Struct('!?5I')
_NAMES = b'\0'


class Job:
    """What a script is forked with; `stamp` is the device, inode, time and size of its file."""

    __slots__ = ('number', 'stamp', 'path', 'folder', 'directory', 'words', 'environ')

    def __init__(
        self,
        number: int,
        stamp: Tuple[int, ...],
        path: bytes,
        folder: bytes,
        directory: bytes,
        words: List[bytes],
        environ: Dict[bytes, bytes],
    ) -> None:
        """`folder` goes in front of sys.path, unless the flags of the interpreter say otherwise."""
        self.number, self.stamp, self.path, self.folder = number, stamp, path, folder
        self.directory, self.words, self.environ = directory, words, environ


class Told:
    """What a fork-server is told once. `preload` is None when it is to learn from its scripts."""

    __slots__ = ('program', 'command', 'preload', 'excluded', 'limits')

    def __init__(
        self,
        program: str,
        command: List[str],
        preload: Optional[List[str]],
        excluded: List[str],
        limits: Dict[str, int],
    ) -> None:
        self.program, self.command, self.preload = program, command, preload
        self.excluded, self.limits = excluded, limits


def told_message(told: Told) -> bytes:
    limits = [f'{name}={value}' for name, value in told.limits.items()]
    lists = [[told.program], told.command, told.preload or [], told.excluded, limits]
    fields = [_NAMES.join(item.encode('utf-8', 'surrogateescape') for item in items) for items in lists]
    return message(SETTINGS, _TOLD.pack(told.preload is not None, *map(len, fields)) + b''.join(fields))


def read_told(content: bytes) -> Told:
    has_preload, *lengths = _TOLD.unpack_from(content)
    at, lists = _TOLD.size, []
    for length in lengths:
        field = content[at : at + length].decode('utf-8', 'surrogateescape')
        lists.append(field.split('\0') if field else [])
        at += length
    program, command, preload, excluded, limits = lists
    by_name = {name: int(value) for name, _, value in [limit.partition('=') for limit in limits]}
    return Told(program[0], command, preload if has_preload else None, excluded, by_name)


def message(kind: int, content: bytes = b'') -> bytes:
    return HEADER.pack(len(content), kind) + content


def job_message(job: Job, known: Optional[Dict[bytes, bytes]]) -> bytes:
    """`known` is the environ of the job before it on the same socket, None for the first: only what differs is said."""
    before = known or {}
    environ = job.environ
    script = b'\0'.join((job.path, job.folder, job.directory, *job.words))
    gone = b'\0'.join([name for name in before if name not in environ])
    changed = b'\0'.join([b'%b=%b' % pair for pair in environ.items() if before.get(pair[0]) != pair[1]])
    head = _JOB.pack(job.number, *job.stamp, known is None, len(script), len(gone), len(changed))
    return message(JOB, head + script + gone + changed)


class Order:
    """A job as the fork-server has it. `script`: path, folder, directory and words, with NUL between them."""

    __slots__ = ('number', 'stamp', 'script', 'whole', 'gone', 'changed')

    def __init__(self, content: bytes) -> None:
        """`whole`: there are no variables but those that have `changed`."""
        self.number, *stamp, self.whole, script, gone, changed = _JOB.unpack_from(content)
        self.stamp: Tuple[int, ...] = tuple(stamp)
        at = _JOB.size
        self.script = content[at : at + script]
        at += script
        self.gone: List[bytes] = content[at : at + gone].split(b'\0') if gone else []
        at += gone
        self.changed: Dict[bytes, bytes] = {}
        if changed:
            for pair in content[at : at + changed].split(b'\0'):
                name, _, value = pair.partition(b'=')
                self.changed[name] = value


class Messages:
    """Cuts a byte stream into messages; ValueError when one is larger than any of ours."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> List[Tuple[int, bytes]]:
        """Those that are whole now, as (kind, content)."""
        buffer = self._buffer
        buffer += data
        found = []
        at = 0
        while len(buffer) - at >= HEADER.size:
            length, kind = HEADER.unpack_from(buffer, at)
            if length > MAX_CONTENT:
                raise ValueError(f'a message of {length} octets')
            end = at + HEADER.size + length
            if end > len(buffer):
                break
            found.append((kind, bytes(buffer[at + HEADER.size : end])))
            at = end
        if at:
            del buffer[:at]
        return found
