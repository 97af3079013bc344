"""What to say when an application cannot be loaded: what we were doing, where, what happened, what to do."""

from __future__ import annotations

import difflib
import inspect
import os
import pkgutil
import sys
import traceback
from types import ModuleType
from typing import Any, List

from .failure import StartFailure
from .interpreters import other_interpreters_with
from .report import application_traceback, of_the_application

_VERSION = '.'.join(map(str, sys.version_info[:3]))
_PYTHON = f'{sys.executable or "python"} ({_VERSION}, prefix {sys.prefix})'


def _failure(reason: str, target: str, what: str, hint: str, details: str = '') -> StartFailure:
    return StartFailure(reason, f'Cannot load application "{target}": {what}', hint, details)


def not_a_target(target: str) -> StartFailure:
    return _failure(
        'module-not-found', target, 'it names neither a module nor a file',
        'Write module:callable, for example shop.wsgi:application, module:factory(), or the path of a .py file',
    )


def no_file(target: str, path: str) -> StartFailure:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        return _failure('module-not-found', target, f'there is no directory "{folder}"', 'Correct the path')
    near = difflib.get_close_matches(os.path.basename(path), sorted(os.listdir(folder)), 3, 0.5)
    hint = f'Did you mean {_quoted(near)}?' if near else f'Correct the path, or put the file into "{folder}"'
    return _failure('module-not-found', target, f'there is no file "{path}"', hint)


def module_not_found(target: str, module: str, directory: str, error: ModuleNotFoundError) -> StartFailure:
    """Tells the target's own module from one that the application imports."""
    missing = error.name or str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if of_the_application(frame.filename)]
    if frames:
        frame = frames[-1]
        place = f'"{frame.filename}" line {frame.lineno}'
        what = f'{place} imports module "{missing}", which is not installed for {_PYTHON}'
        return _failure('module-not-found', target, what, _install_hint(missing), application_traceback(error))
    what = f'module "{missing}" was not found in "{directory}" nor elsewhere on the path of {_PYTHON}'
    near = difflib.get_close_matches(missing.rpartition('.')[2], _modules_near(missing, directory), 3, 0.6)
    if near:
        package = missing[: missing.rindex('.') + 1] if '.' in missing else ''
        meant = _quoted([package + name for name in near])
        return _failure('module-not-found', target, what, f'Did you mean {meant}?')
    found = other_interpreters_with(missing.partition('.')[0], directory)
    if found:
        return _failure('module-not-found', target, what, f'{_quoted(found)} has it: set "python" to it')
    inside = _modules_near('', directory)[:8]
    listing = f'; modules there: {_quoted(inside)}' if inside else ''
    return _failure('module-not-found', target, what, f'Set "directory" to the folder that holds "{missing}"{listing}')


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
        return _failure('attribute-missing', target, what, 'A factory is named with empty parentheses: module:factory()')
    names = [n for n in vars(owner) if not n.startswith('_')] if hasattr(owner, '__dict__') else []
    near = difflib.get_close_matches(name, names, 3, 0.6) if name else []
    callables = _callables(module)
    hints: List[str] = []
    if near:
        hints.append(f'Did you mean {_quoted(near)}?')
    if callables:
        hints.append(f'Callables defined there: {_quoted(callables)}')
    hints.append('Name the callable after a colon, for example shop.wsgi:application')
    return _failure('attribute-missing', target, what, '. '.join(hints).replace('?.', '?'))


def not_callable(target: str, name: str, found: Any) -> StartFailure:
    what = f'"{name}" is {_a(type(found).__name__)}, which cannot be called'
    if name.endswith('()'):
        what = f'"{name}" returned {_a(type(found).__name__)}, which cannot be called'
    hint = 'A WSGI application takes (environ, start_response)'
    if isinstance(found, ModuleType):
        hint = 'Name the callable inside it'
    return _failure('not-callable', target, what, hint)


def wrong_signature(target: str, name: str, application: Any, signature: inspect.Signature) -> StartFailure:
    what = f'"{name}" takes {signature}, but WSGI calls it with (environ, start_response)'
    call = application if inspect.isroutine(application) else getattr(type(application), '__call__', None)
    if inspect.iscoroutinefunction(call) or list(signature.parameters)[:2] == ['scope', 'receive']:
        return _failure('not-callable', target, what, 'This is an ASGI application; run it with an ASGI server as a service')
    if inspect.isfunction(application) and not name.endswith('()'):
        return _failure('not-callable', target, what, f'If it makes the application, write "{name}()" with parentheses')
    return _failure('not-callable', target, what, 'Name a callable that takes these two')


def raised(doing: str, target: str, error: BaseException) -> StartFailure:
    """The application's own code failed."""
    text = str(error).split('\n')[0]
    what = f'{doing} raised {type(error).__name__}' + (f': {text}' if text else '')
    hint = f'The traceback shows where; python: {_PYTHON}'
    return _failure('import-error', target, what, hint, application_traceback(error))


def _install_hint(missing: str) -> str:
    top = missing.partition('.')[0]
    found = other_interpreters_with(top, os.getcwd())
    if found:
        return f'{_quoted(found)} has "{top}": set "python" to it, or install it for {sys.executable}'
    if sys.prefix != sys.base_prefix:
        return f'Install it in this virtual environment ({sys.executable} -m pip install {top}; its name there may differ)'
    # Distributions refuse pip on their own interpreter (PEP 668), so what works everywhere is said first.
    command = f'{sys.executable} -m venv .venv && .venv/bin/python -m pip install {top}'
    return f'Install it in a virtual environment of the project ({command}; its name there may differ), or set "python" to one'


def _modules_near(missing: str, directory: str) -> List[str]:
    """Modules beside the missing one: of its package if that exists, else of the directory."""
    package = sys.modules.get(missing.rpartition('.')[0])
    paths = list(getattr(package, '__path__', [])) if '.' in missing and package is not None else [directory]
    return sorted({module.name for module in pkgutil.iter_modules(paths)})


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


def _quoted(names: List[str]) -> str:
    return ', '.join(f'"{name}"' for name in names)


def _a(word: str) -> str:
    return f'{"an" if word[:1].lower() in "aeiou" else "a"} {word}'
