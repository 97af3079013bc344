"""Why Django does not start: which setting, in which file and line, and what to write in portico.yaml.

Reads what Django has left behind (the environment, the traceback, the settings module as far as it was imported);
imports nothing of it.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
import traceback
from typing import List, Optional, Tuple

from ..failure import StartFailure
from ..report import application_traceback, of_the_application
from .advice import PYTHON, failure, install_hint, quoted

_VARIABLE = 'DJANGO_SETTINGS_MODULE'
#: Where a program sets it: os.environ.setdefault("X", "value") or os.environ["X"] = "value".
_SET = re.compile(_VARIABLE + r'''["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']''')
#: A project's directories are looked through for settings, but not without end.
_MOST_ENTRIES = 300


def missing_module(target: str, directory: str, missing: str, error: BaseException) -> Optional[StartFailure]:
    """For a module that Django itself tried to import because a setting names it; else None."""
    files = _frames_of(error)
    if not files or not _is_django(files[-1]):
        return None
    module = os.environ.get(_VARIABLE, '')
    if files[-1].endswith(os.path.join('conf', '__init__.py')) and _begins(module, missing):
        return _no_settings(target, directory, module, files, error)
    setting, entry = _setting_that_names(missing)
    if not entry:
        return None
    what = f'{setting}{_line_of(entry)} names "{entry}", but {PYTHON} has no module "{missing}"'
    near = _near(missing, directory)
    hint = f'Did you mean {quoted(near)}? ' if near else ''
    hint += install_hint(missing, directory)
    return failure('module-not-found', target, what, hint, application_traceback(error))


def misconfigured(target: str, directory: str, error: BaseException) -> Optional[StartFailure]:
    """For ImproperlyConfigured, whoever raised it; else None."""
    if type(error).__name__ != 'ImproperlyConfigured':
        return None
    text = ' '.join(str(error).split())
    details = application_traceback(error)
    if 'settings are not configured' in text:
        what = f'Django has no settings, because {_VARIABLE} is not set'
        return failure('import-error', target, what, _write(_candidates(directory)), details)
    settings = settings_file()
    place = f'Look into "{settings}"' if settings else 'The traceback shows where'
    if 'SECRET_KEY' in text:
        what = f'the setting SECRET_KEY is empty ({settings or "no settings file"})'
        hint = (
            f'Set it there. If it comes from an environment variable: a worker has only the variables that portico.yaml '
            f'gives it under "environment" or "environment_file" of the application, for example {_SECRET_EXAMPLE}'
        )
        return failure('import-error', target, what, hint, details)
    if text.startswith('Error loading') and 'module' in text:
        place += f'; install the driver for {PYTHON}'
    return failure('import-error', target, f'Django says: {text}', place, details)


_SECRET_EXAMPLE = 'environment: { SECRET_KEY: "..." }'


def settings_file() -> str:
    """The file of the settings module in use, or ''."""
    module = sys.modules.get(os.environ.get(_VARIABLE, ''))
    return str(getattr(module, '__file__', None) or '')


def _no_settings(target: str, directory: str, module: str, files: List[str], error: BaseException) -> StartFailure:
    place = _place_of_setting(module, files)
    what = (
        f'the settings module "{module}" ({_VARIABLE}, {place}) was not found in "{directory}" '
        f'nor elsewhere on the path of {PYTHON}'
    )
    hint = _write(_candidates(directory), module)
    return failure('module-not-found', target, what, hint, application_traceback(error))


def _write(candidates: List[str], module: str = '') -> str:
    """What to write, with the settings modules that are there; the nearest first."""
    near = difflib.get_close_matches(module, candidates, 1, 0.6) if module else []
    example = (near or candidates or ['shop.settings'])[0]
    write = f'rite environment: {{ {_VARIABLE}: {example} }} for the application in portico.yaml'
    hint = f'Did you mean "{near[0]}"? W{write}' if near else f'Correct it, or w{write}' if module else f'W{write}'
    if not candidates:
        return f'{hint}, and set "directory" to the folder of manage.py'
    return f'{hint}; settings found there: {quoted(candidates[:5])}'


def _place_of_setting(module: str, files: List[str]) -> str:
    """A file of the traceback that sets the variable to this value; else it came with the environment."""
    for path in dict.fromkeys(files):
        if _is_django(path):
            continue
        for number, line in enumerate(_lines(path), 1):
            found = _SET.search(line)
            if found is not None and found.group(1) == module:
                return f'set in "{path}" line {number}'
    return 'set by "environment" in portico.yaml'


def _candidates(directory: str) -> List[str]:
    """Settings modules in the directory: what manage.py names first, then PACKAGE/settings.py and PACKAGE/settings/*.py."""
    manage = '\n'.join(_lines(os.path.join(directory, 'manage.py')))
    found = _SET.findall(manage)
    for name in _names(directory):
        if name.isidentifier():
            if os.path.isfile(os.path.join(directory, name, 'settings.py')):
                found.append(f'{name}.settings')
            for inner in _names(os.path.join(directory, name, 'settings')):
                if inner.endswith('.py') and not inner.startswith('_'):
                    found.append(f'{name}.settings.{inner[:-3]}')
    if os.path.isfile(os.path.join(directory, 'settings.py')):
        found.append('settings')
    return list(dict.fromkeys(found))


def _setting_that_names(missing: str) -> Tuple[str, str]:
    """The setting and its entry that made Django import the missing module."""
    module = sys.modules.get(os.environ.get(_VARIABLE, ''))
    for name, value in list(vars(module).items()) if module is not None else []:
        if name.isupper():
            for entry in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(entry, str) and _begins(entry, missing):
                    return name, entry
    return '', ''


def _line_of(entry: str) -> str:
    path = settings_file()
    for number, line in enumerate(_lines(path), 1):
        if f'"{entry}"' in line or f"'{entry}'" in line:
            return f' in "{path}" line {number}'
    return f' in "{path}"' if path else ''


def _near(missing: str, directory: str) -> List[str]:
    packages = [name for name in _names(directory) if name.isidentifier()]
    return difflib.get_close_matches(missing.partition('.')[0], packages, 1, 0.6)


def _begins(dotted: str, start: str) -> bool:
    return dotted == start or dotted.startswith(start + '.')


def _frames_of(error: BaseException) -> List[str]:
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__) if of_the_application(frame.filename)]


def _is_django(path: str) -> bool:
    package = getattr(sys.modules.get('django'), '__file__', None)
    return package is not None and path.startswith(os.path.dirname(package) + os.sep)


def _names(directory: str) -> List[str]:
    try:
        return sorted(os.listdir(directory))[:_MOST_ENTRIES]
    except OSError:
        return []


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read().splitlines()
    except OSError:
        return []
