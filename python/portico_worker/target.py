"""From a target to the application: `module:callable`, `module:attr.sub`, `module:factory()`, `module`, a file path."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, NamedTuple, Optional, Tuple

from . import trouble
from .failure import StartFailure

#: Names tried, in this order, when the target names no callable.
DEFAULT_NAMES = ('application', 'app')


class Target(NamedTuple):
    """`text` is the target as written; `path` is set for a file, `attribute` is '' when none was named."""

    text: str
    module: str
    path: Optional[str]
    attribute: str
    called: bool


def parse_target(text: str, directory: str) -> Target:
    """Splits a target; a file is known by a slash, by `.py`, or by being there under that very name."""
    where, colon, attribute = text.strip().rpartition(':')
    if not colon:
        where, attribute = attribute, ''
    called = attribute.endswith('()')
    attribute = attribute[:-2] if called else attribute
    full = os.path.join(directory, where)
    if '/' in where or where.endswith('.py') or os.path.isfile(full):
        return Target(text, _module_name(full), os.path.normpath(full), attribute, called)
    return Target(text, where, None, attribute, called)


def load_application(target: Target, directory: str) -> Any:
    """Imports the target and returns its callable; StartFailure says why that cannot be."""
    if not target.path and not _is_module(target.module):
        raise trouble.not_a_target(target.text)
    module = _import(target, directory)
    name, found = _attribute(target, module)
    if target.called:
        if not callable(found):
            raise trouble.not_callable(target.text, name, found)
        try:
            found = found()
        except ModuleNotFoundError as error:
            raise trouble.module_not_found(target.text, target.module, directory, error) from None
        except BaseException as error:
            raise trouble.raised(f'calling "{name}()" of "{module.__name__}"', target.text, directory, error) from None
        name += '()'
    if not callable(found):
        raise trouble.not_callable(target.text, name, found)
    _check_signature(target, name, found)
    return found


def _import(target: Target, directory: str) -> ModuleType:
    try:
        return _import_file(target) if target.path else importlib.import_module(target.module)
    except StartFailure:
        raise
    except ModuleNotFoundError as error:
        raise trouble.module_not_found(target.text, target.module, directory, error) from None
    except BaseException as error:  # SystemExit too: a settings file may call sys.exit()
        raise trouble.raised(f'importing "{target.path or target.module}"', target.text, directory, error) from None


def _import_file(target: Target) -> ModuleType:
    """Runs a file as a module, its directory on sys.path after the application's own."""
    path = target.path or ''
    if not os.path.isfile(path):
        raise trouble.no_file(target.text, path)
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(1, folder)
    name = target.module
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is not None and spec.origin is not None and os.path.realpath(spec.origin) == os.path.realpath(path):
        return importlib.import_module(name)  # so that `import wsgi` elsewhere is this very module
    if spec is not None:
        name = f'portico_target_{name}'  # never in place of another module of that name
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
    if spec is None or spec.loader is None:
        raise trouble.no_file(target.text, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _attribute(target: Target, module: ModuleType) -> Tuple[str, Any]:
    if not target.attribute:
        for name in DEFAULT_NAMES:
            if hasattr(module, name):
                return name, getattr(module, name)
        raise trouble.attribute_missing(target.text, module, module, '')
    owner: Any = module
    for part in target.attribute.split('.'):
        if not hasattr(owner, part):
            raise trouble.attribute_missing(target.text, module, owner, part)
        owner = getattr(owner, part)
    return target.attribute, owner


def _check_signature(target: Target, name: str, application: Any) -> None:
    """A callable that cannot take (environ, start_response) fails now, not at the first request."""
    try:
        signature = inspect.signature(application, follow_wrapped=False)
    except (TypeError, ValueError):
        return  # not every callable tells
    try:
        signature.bind({}, None)
    except TypeError:
        raise trouble.wrong_signature(target.text, name, application, signature) from None


def _is_module(text: str) -> bool:
    return all(part.isidentifier() for part in text.split('.'))


def _module_name(path: str) -> str:
    stem = os.path.basename(path).split('.')[0]
    return ''.join(letter if letter.isalnum() else '_' for letter in stem) or 'portico_target'
