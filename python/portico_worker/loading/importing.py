"""From a target to the application."""

from __future__ import annotations

import importlib
import os

from ..failure import StartFailure
from .file_target import import_file
from .signature import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Optional, Tuple

    from .target import Target

#: Names tried, in this order, when the target names no callable.
DEFAULT_NAMES = ('application', 'app')


def load_application(target: Target, directory: str) -> Any:
    """Imports the target and returns its callable; StartFailure says why that cannot be."""
    if not target.path and not _is_module(target.module):
        raise _trouble().not_a_target(target.text)
    module, handed_over = _import(target, directory)
    name, found = _attribute(target, module, handed_over)
    if target.called:
        if not callable(found):
            raise _trouble().not_callable(target.text, name, found)
        try:
            found = found()
        except ModuleNotFoundError as error:
            raise _trouble().module_not_found(target.text, target.module, directory, error) from None
        except BaseException as error:
            doing = f'calling "{name}()" of "{module.__name__}"'
            raise _trouble().raised(doing, target.text, directory, error) from None
        name += '()'
    if not callable(found):
        raise _trouble().not_callable(target.text, name, found)
    refused = refusal(found)
    if refused is not None:
        raise _trouble().wrong_signature(target.text, name, found, refused)
    return found


def _trouble() -> Any:
    """The words for what goes wrong. Imported only then: that takes longer than all the rest of a start."""
    from . import trouble

    return trouble


def _import(target: Target, directory: str) -> Tuple[ModuleType, Optional[Any]]:
    """The module, and the application that it hands over itself, if it does."""
    path = target.path
    if path is not None and not os.path.isfile(path):
        raise _trouble().no_file(target.text, path)
    try:
        return import_file(target, path) if path is not None else (importlib.import_module(target.module), None)
    except ModuleNotFoundError as error:
        raise _cgi_script(target, error) or _trouble().module_not_found(
            target.text, target.module, directory, error
        ) from None
    except BaseException as error:  # SystemExit too: a settings file may call sys.exit()
        raise _cgi_script(target, error) or _trouble().raised(
            f'importing "{path or target.module}"', target.text, directory, error
        ) from None


def _attribute(target: Target, module: ModuleType, handed_over: Optional[Any]) -> Tuple[str, Any]:
    if not target.attribute:
        if handed_over is not None:
            return getattr(handed_over, '__name__', type(handed_over).__name__), handed_over
        for name in DEFAULT_NAMES:
            if hasattr(module, name):
                return name, getattr(module, name)
        raise _cgi_script(target) or _trouble().attribute_missing(target.text, module, module, '')
    owner: Any = module
    for part in target.attribute.split('.'):
        if not hasattr(owner, part):
            raise _trouble().attribute_missing(target.text, module, owner, part)
        owner = getattr(owner, part)
    return target.attribute, owner


def _cgi_script(target: Target, error: Optional[BaseException] = None) -> Optional[StartFailure]:
    """The failure, when the file is a CGI script and no WSGI application."""
    if target.path is None:
        return None
    from .cgi_script import cgi_script

    return cgi_script(target.text, target.path, error)


def _is_module(text: str) -> bool:
    return all(part.isidentifier() for part in text.split('.'))
