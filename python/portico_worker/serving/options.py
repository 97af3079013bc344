"""The command line of `portico_worker fastcgi` and `portico_worker scgi`."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .address import Address, address_of
from .front_environ import mount_point

USAGE = """usage: PYTHON portico_worker {protocol} APP [options]

Serves a WSGI application to another web server (Apache, nginx, lighttpd, ...) over {name}.
APP is module:callable, module:factory(), a module or a file.

  --bind ADDRESS        unix:PATH, HOST:PORT, [::1]:PORT, or PORT of 127.0.0.1;
                        without it descriptor 0 is the listening socket (spawn-fcgi, mod_fcgid)
  --threads N           requests that run at once (4)
  --queue N             requests that wait for a thread (500)
  --socket-mode MODE    of the unix socket (0660)
  --directory DIR       of the application; becomes the current one (the current one)
  --script-name PREFIX  where the application is mounted, "/" for the root; makes SCRIPT_NAME and
                        PATH_INFO of the path (as the web server sends them)
  --stop-time SECONDS   for the requests that run at the end (15)
"""
_NAMES = {'fastcgi': 'FastCGI', 'scgi': 'SCGI'}
_MOST_THREADS, _MOST_WAITING = 1000, 1_000_000


class Options(NamedTuple):
    """`bind` None: descriptor 0. `script_name` None: as the front server says. `stop_time` in seconds."""

    application: str
    bind: Optional[Address] = None
    threads: int = 4
    queue: int = 500
    socket_mode: int = 0o660
    directory: str = os.curdir
    script_name: Optional[str] = None
    stop_time: float = 15.0


class WrongUsage(Exception):
    """The command line cannot be understood; the text says why."""


def usage(protocol: str) -> str:
    """What `--help` says."""
    return USAGE.format(protocol=protocol, name=_NAMES[protocol])


def options_of(words: List[str]) -> Options:
    """Reads the words behind the name of the protocol; WrongUsage says what is wrong with them."""
    told: Dict[str, Any] = {}
    targets: List[str] = []
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith('-'):
            targets.append(word)
            continue
        option, equals, value = word.partition('=')
        read = _READERS.get(option)
        if read is None:
            raise WrongUsage(f'There is no option {option}')
        if not equals:
            if not words:
                raise WrongUsage(f'{option} needs a value')
            value = words.pop(0)
        try:
            told[option[2:].replace('-', '_')] = read(value)
        except ValueError as error:
            raise WrongUsage(f'{option}: {error}') from None
    if len(targets) != 1:
        raise WrongUsage('Name one application' if not targets else f'One application is served, not {len(targets)}')
    return Options(targets[0], **told)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f'"{text}" is not a number from {least} to {most}')
        return int(text)

    return read


def _mode(text: str) -> int:
    if not text or len(text) > 4 or text.strip('01234567'):
        raise ValueError(f'"{text}" is not a mode like 0660')
    mode = int(text, 8)
    if mode > 0o777:
        raise ValueError(f'"{text}" is not a mode like 0660')
    return mode


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1e6:
        raise ValueError(f'"{text}" is not a number of seconds')
    return seconds


_READERS: Dict[str, Callable[[str], Any]] = {
    '--bind': address_of,
    '--threads': _number(1, _MOST_THREADS),
    '--queue': _number(0, _MOST_WAITING),
    '--socket-mode': _mode,
    '--directory': os.path.abspath,
    '--script-name': mount_point,
    '--stop-time': _seconds,
}
