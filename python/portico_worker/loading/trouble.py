"""What to say when an application cannot be loaded: what we were doing, where, what happened, what to do."""

from __future__ import annotations

import difflib
import inspect
import os
import traceback
from types import ModuleType
from typing import Any, List

from ..failure import StartFailure
from ..report import application_traceback, of_the_application
from . import django_start
from .advice import PYTHON, failure, install_hint, modules_near, quoted
from .interpreters import other_interpreters_with

#: The standard library's directory.
_LIBRARY = os.path.dirname(os.__file__) + os.sep
#: The file of `os` as frames name it: the module is frozen since Python 3.11.
_OS = (os.__file__, '<frozen os>')


def not_a_target(target: str) -> StartFailure:
    return failure(
        'module-not-found', target, 'it names neither a module nor a file',
        'Write module:callable, for example shop.wsgi:application, module:factory(), or the path of a .py file',
    )


def no_file(target: str, path: str) -> StartFailure:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        return failure('module-not-found', target, f'there is no directory "{folder}"', 'Correct the path')
    near = difflib.get_close_matches(os.path.basename(path), sorted(os.listdir(folder)), 3, 0.5)
    hint = f'Did you mean {quoted(near)}?' if near else f'Correct the path, or put the file into "{folder}"'
    return failure('module-not-found', target, f'there is no file "{path}"', hint)


def module_not_found(target: str, module: str, directory: str, error: ModuleNotFoundError) -> StartFailure:
    """Tells the target's own module from one that the application imports."""
    missing = error.name or str(error)
    of_django = django_start.missing_module(target, directory, missing, error)
    if of_django is not None:
        return of_django
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if of_the_application(frame.filename)]
    if frames:
        frame = frames[-1]
        place = f'"{frame.filename}" line {frame.lineno}'
        what = f'{place} imports module "{missing}", which is not installed for {PYTHON}'
        return failure('module-not-found', target, what, install_hint(missing, directory), application_traceback(error))
    what = f'module "{missing}" was not found in "{directory}" nor elsewhere on the path of {PYTHON}'
    near = difflib.get_close_matches(missing.rpartition('.')[2], modules_near(missing, directory), 3, 0.6)
    if near:
        package = missing[: missing.rindex('.') + 1] if '.' in missing else ''
        meant = quoted([package + name for name in near])
        return failure('module-not-found', target, what, f'Did you mean {meant}?')
    found = other_interpreters_with(missing.partition('.')[0], directory)
    if found:
        return failure('module-not-found', target, what, f'{quoted(found)} has it: set "python" to it')
    inside = modules_near('', directory)[:8]
    listing = f'; modules there: {quoted(inside)}' if inside else ''
    return failure('module-not-found', target, what, f'Set "directory" to the folder that holds "{missing}"{listing}')


def attribute_missing(target: str, module: ModuleType, owner: Any, name: str) -> StartFailure:
    """`name` is '' when neither of the default names is there."""
    what = f'module "{module.__name__}" has neither "application" nor "app"'
    if name:
        label = f'module "{module.__name__}"'
        if owner is not module:
            label = f'{type(owner).__name__} in "{module.__name__}"'
        what = f'{label} has no attribute "{name}"'
    what += f' ({_place(module)})'
    if '(' in name:
        return failure('attribute-missing', target, what, 'A factory is named with empty parentheses: module:factory()')
    names = [n for n in vars(owner) if not n.startswith('_')] if hasattr(owner, '__dict__') else []
    near = difflib.get_close_matches(name, names, 3, 0.6) if name else []
    callables = _callables(module)
    hints: List[str] = []
    if near:
        hints.append(f'Did you mean {quoted(near)}?')
    if callables:
        hints.append(f'Callables defined there: {quoted(callables)}')
    hints.append('Name the callable after a colon, for example shop.wsgi:application')
    return failure('attribute-missing', target, what, '. '.join(hints).replace('?.', '?'))


def not_callable(target: str, name: str, found: Any) -> StartFailure:
    what = f'"{name}" is {_a(type(found).__name__)}, which cannot be called'
    if name.endswith('()'):
        what = f'"{name}" returned {_a(type(found).__name__)}, which cannot be called'
    hint = 'A WSGI application takes (environ, start_response)'
    if callable(getattr(found, 'wsgifunc', None)):  # an application of web.py
        hint = f'Write "{name}.wsgifunc()"'
    if isinstance(found, ModuleType):
        hint = 'Name the callable inside it'
    return failure('not-callable', target, what, hint)


def wrong_signature(target: str, name: str, application: Any, signature: inspect.Signature) -> StartFailure:
    what = f'"{name}" takes {signature}, but WSGI calls it with (environ, start_response)'
    call = application if inspect.isroutine(application) else getattr(type(application), '__call__', None)
    if inspect.iscoroutinefunction(call) or list(signature.parameters)[:2] == ['scope', 'receive']:
        return failure('not-callable', target, what, 'This is an ASGI application; run it with an ASGI server as a service')
    if inspect.isfunction(application) and not name.endswith('()'):
        return failure('not-callable', target, what, f'If it makes the application, write "{name}()" with parentheses')
    return failure('not-callable', target, what, 'Name a callable that takes these two')


def raised(doing: str, target: str, directory: str, error: BaseException) -> StartFailure:
    """The application's own code failed."""
    of_django = django_start.misconfigured(target, directory, error)
    if of_django is not None:
        return of_django
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if of_the_application(frame.filename)]
    variable = _missing_variable(error, frames)
    place = _place_of_the_fault(error, frames)
    details = application_traceback(error)
    if variable:
        what = f'{place or doing} reads the environment variable "{variable}", which is not set'
        hint = (
            f'Write environment: {{ {variable}: ... }} or environment_file: FILE for the application in portico.yaml: '
            'a worker does not inherit the variables of the shell'
        )
        return failure('import-error', target, what, hint, details)
    text = str(error).split('\n')[0]
    what = f'{doing} raised {type(error).__name__}' + (f': {text}' if text else '')
    return failure('import-error', target, what, f'Look at {place or "the traceback"}; python: {PYTHON}', details)


def _missing_variable(error: BaseException, frames: List[traceback.FrameSummary]) -> str:
    """The name, when the error came from os.environ[name]."""
    if not isinstance(error, KeyError) or not frames or not error.args:
        return ''
    return str(error.args[0]) if frames[-1].filename in _OS and frames[-1].name == '__getitem__' else ''


def _place_of_the_fault(error: BaseException, frames: List[traceback.FrameSummary]) -> str:
    """The innermost line that is the project's own: neither the standard library's nor an installed package's."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f'"{error.filename}" line {error.lineno}'
    for frame in reversed(frames):
        installed = any(f'{os.sep}{name}{os.sep}' in frame.filename for name in ('site-packages', 'dist-packages'))
        if not installed and not frame.filename.startswith((_LIBRARY, '<')):
            return f'"{frame.filename}" line {frame.lineno}'
    return ''


def _callables(module: ModuleType) -> List[str]:
    own = [
        name for name, value in vars(module).items()
        if not name.startswith('_') and callable(value) and not isinstance(value, type)
        and getattr(value, '__module__', None) in (module.__name__, None)
    ]
    instances = [
        name for name, value in vars(module).items()
        if not name.startswith('_') and name not in own and callable(value) and not isinstance(value, type)
        and not inspect.isroutine(value)
    ]
    return (own + instances)[:8]


def _place(module: ModuleType) -> str:
    return getattr(module, '__file__', None) or 'built in'


def _a(word: str) -> str:
    return f'{"an" if word[:1].lower() in "aeiou" else "a"} {word}'
