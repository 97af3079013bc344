"""Reads the settings of a Django project: argv is the settings module, the directory is the current one.

Imports the settings and the packages of the installed apps (not their models, no django.setup(): a look must not
open databases or start threads). Prints one JSON object as the only thing on stdout; what the project prints
goes to stderr.
"""

import importlib
import json
import os
import sys
import traceback
from typing import Any, Dict, List, Optional


def _text(value: Any) -> Optional[str]:
    return None if value in (None, '') else os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _finder_directories(settings: Any) -> List[Dict[str, str]]:
    """What `runserver` would search for static files, in the order of the finders; each with its prefix."""
    if 'django.contrib.staticfiles' not in settings.INSTALLED_APPS:
        return []
    found: List[Dict[str, str]] = []
    for finder in settings.STATICFILES_FINDERS:
        if finder.endswith('.FileSystemFinder'):
            for entry in settings.STATICFILES_DIRS:
                prefix, path = entry if isinstance(entry, (list, tuple)) else ('', entry)
                found.append({'prefix': str(prefix).strip('/'), 'path': os.path.abspath(os.fspath(path))})
        elif finder.endswith('.AppDirectoriesFinder'):
            for app in settings.INSTALLED_APPS:
                path = os.path.join(_app_directory(app), 'static')
                if os.path.isdir(path):
                    found.append({'prefix': '', 'path': path})
    return found


def _app_directory(app: str) -> str:
    from django.apps import AppConfig

    return str(AppConfig.create(app).path)


def _look(module: str) -> Dict[str, Any]:
    try:
        django = importlib.import_module('django')
    except ImportError as error:
        return {'problem': 'no-django', 'message': str(error)}
    os.environ['DJANGO_SETTINGS_MODULE'] = module
    try:
        from django.conf import settings

        debug = bool(settings.DEBUG)
        return {
            'django': django.get_version(),
            'debug': debug,
            'wsgi_application': _text(getattr(settings, 'WSGI_APPLICATION', None)),
            'static_url': _text(getattr(settings, 'STATIC_URL', None)),
            'static_root': _absolute(_text(getattr(settings, 'STATIC_ROOT', None))),
            'media_url': _text(getattr(settings, 'MEDIA_URL', None)),
            'media_root': _absolute(_text(getattr(settings, 'MEDIA_ROOT', None))),
            'finders': _finder_directories(settings) if debug else [],
        }
    except BaseException as error:  # the project's own code: it may raise anything, SystemExit as well
        return {
            'problem': 'settings',
            'message': f'{type(error).__name__}: {error}',
            'traceback': traceback.format_exc(),
        }


def _absolute(path: Optional[str]) -> Optional[str]:
    return None if path is None else os.path.abspath(path)


def main() -> None:
    answer = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    report = _look(sys.argv[1])
    report['executable'] = sys.executable
    json.dump(report, answer)
    answer.close()
    # Threads that the settings started must not keep the look from ending.
    sys.stderr.flush()
    os._exit(0)


if __name__ == '__main__':
    main()
