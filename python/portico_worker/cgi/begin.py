"""The start of a request: which program, with which arguments and environ, where, and how."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Dict, List, Optional

from .arguments import arguments
from .process import Child
from .run import Run, refuse
from .script import Script, find_script
from .unrunnable import NOT_FOUND, NoRoom, Unrunnable, readable, why_not_entered, why_not_executed

if TYPE_CHECKING:
    from .connection import Connection
    from .hosting import Hosting

#: execvp(3), when the environment has no PATH.
_DEFAULT_PATH = b'/usr/local/bin:/bin:/usr/bin'


def begin(connection: 'Connection', variables: Dict[bytes, bytes], given: bytes, input_ended: bool) -> None:
    """Starts the script of the active request; `variables` has the base environment too."""
    hosting = connection.hosting
    settings = hosting.settings
    _drop_unusable(variables)
    asked = variables.get(b'SCRIPT_FILENAME', b'')
    name = variables.get(b'REQUEST_ID', b'').decode('latin-1')
    try:
        if settings.command is not None:
            script: Optional[Script] = None
            program = find_program(settings.command[0], settings.environment)
            words = settings.command
        else:
            script = find_script(asked, settings.roots)
            program = script.path
            query = variables.get(b'QUERY_STRING', b'')
            words = [program]
            if query:
                words += arguments(variables.get(b'REQUEST_METHOD', b''), query)
        directory = enter(program, asked, settings.directory, script is None)
        try:
            run = Run(connection, name, program)
        except OSError as error:
            raise NoRoom(program, error.errno or 0) from None
    except (Unrunnable, NoRoom) as trouble:
        refuse(connection, getattr(trouble, 'status', 0), trouble.sentence, isinstance(trouble, NoRoom))
        return
    connection.run = run
    run.give_input(given, input_ended)
    if script is not None and settings.warm and hosting.warm.take(run, script, words, variables, directory):
        return
    execute(run, program, words, variables)


def execute(run: Run, program: bytes, words: List[bytes], environ: Dict[bytes, bytes]) -> None:
    """As a process of its own, in the current directory."""
    try:
        pid = run.hosting.execution.start(program, words, environ, run.streams)
    except OSError as error:
        refuse_run(run, why_not_executed(program, error))
        return
    run.close_streams()
    run.started(Child(run, pid, shown(words)))


def refuse_run(run: Run, trouble: Exception) -> None:
    """Ends a request whose script cannot be started."""
    if isinstance(trouble, Unrunnable):
        run.refuse(trouble.status, trouble.sentence)
    elif isinstance(trouble, NoRoom):
        run.refuse(0, trouble.sentence, overloaded=True)
    else:
        raise trouble


def enter(program: bytes, asked: bytes, directory: Optional[bytes], fixed: bool) -> bytes:
    """Goes to the directory of a script, because posix_spawn cannot: the launcher has one thread."""
    if directory is None:
        directory = os.path.dirname(asked if asked.startswith(b'/') or not fixed else program) or b'/'
    try:
        os.chdir(directory)
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or (fixed and not os.path.isdir(directory)):
            os.chdir(b'/')  # a fixed program may be asked for files that are not here
            return b'/'
        raise why_not_entered(program, directory, error) from None
    return directory


def find_program(name: bytes, environment: Dict[bytes, bytes]) -> bytes:
    """Its path; a name without a slash is looked up in PATH. Raises Unrunnable."""
    if b'/' in name:
        return name
    for folder in environment.get(b'PATH', _DEFAULT_PATH).split(b':'):
        path = os.path.join(folder, name)
        if folder.startswith(b'/') and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise Unrunnable(NOT_FOUND, f'Program "{readable(name)}" is not in PATH; name it with its whole path')


def shown(words: List[bytes]) -> str:
    """A command for whoever asks what runs."""
    return readable(b' '.join(words))[:1000]


def _drop_unusable(variables: Dict[bytes, bytes]) -> None:
    """What no environment can hold: such a variable would end up as another one, or as none."""
    names = b''.join(variables)
    if b'=' in names or b'\0' in names or b'\0' in b''.join(variables.values()) or b'' in variables:
        for name, value in list(variables.items()):
            if not name or b'=' in name or b'\0' in name or b'\0' in value:
                del variables[name]
