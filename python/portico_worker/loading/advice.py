"""What every message about an application that cannot be loaded is made of."""

from __future__ import annotations

import os
import pkgutil
import sys
from typing import List

from ..failure import StartFailure
from .interpreters import other_interpreters_with

_VERSION = '.'.join(map(str, sys.version_info[:3]))
PYTHON = f'{sys.executable or "python"} ({_VERSION}, prefix {sys.prefix})'

#: Modules whose distribution has another name on the package index.
_DISTRIBUTIONS = {
    'MySQLdb': 'mysqlclient',
    'PIL': 'Pillow',
    'allauth': 'django-allauth',
    'bs4': 'beautifulsoup4',
    'corsheaders': 'django-cors-headers',
    'crispy_forms': 'django-crispy-forms',
    'cv2': 'opencv-python-headless',
    'dateutil': 'python-dateutil',
    'debug_toolbar': 'django-debug-toolbar',
    'decouple': 'python-decouple',
    'django_extensions': 'django-extensions',
    'django_filters': 'django-filter',
    'dj_database_url': 'dj-database-url',
    'dotenv': 'python-dotenv',
    'environ': 'django-environ',
    'flask_sqlalchemy': 'Flask-SQLAlchemy',
    'guardian': 'django-guardian',
    'jwt': 'PyJWT',
    'rest_framework': 'djangorestframework',
    'sklearn': 'scikit-learn',
    'storages': 'django-storages',
    'web': 'web.py',
    'yaml': 'PyYAML',
}


def failure(reason: str, target: str, what: str, hint: str, details: str = '') -> StartFailure:
    return StartFailure(reason, f'Cannot load application "{target}": {what}', hint, details)


def install_hint(missing: str, directory: str = '') -> str:
    """How to get a module that this interpreter does not have."""
    top = missing.partition('.')[0]
    found = other_interpreters_with(top, directory or os.getcwd())
    if found:
        return f'{quoted(found)} has "{top}": set "python" to it, or install it for {sys.executable}'
    older = _packages_of_another_version()
    if older:
        return older
    name = _DISTRIBUTIONS.get(top, top)
    sure = '' if top in _DISTRIBUTIONS else '; its name there may differ'
    if sys.prefix != sys.base_prefix:
        return f'Install it in this virtual environment ({sys.executable} -m pip install {name}{sure})'
    # Distributions refuse pip on their own interpreter (PEP 668), so what works everywhere is said first.
    command = f'{sys.executable} -m venv .venv && .venv/bin/python -m pip install {name}'
    return f'Install it in a virtual environment of the project ({command}{sure}), or set "python" to one'


def _packages_of_another_version() -> str:
    """After an upgrade of its base, a virtual environment still has its packages where only the old version looks."""
    if sys.prefix == sys.base_prefix:
        return ''
    library = os.path.join(sys.prefix, 'lib')
    own = 'python{}.{}'.format(*sys.version_info[:2])
    if not os.path.isdir(library):
        return ''
    others = sorted(name for name in os.listdir(library) if name.startswith('python3.') and name != own)
    filled = [name for name in others if _holds_packages(os.path.join(library, name, 'site-packages'))]
    if not filled:
        return ''
    return (
        f'The packages of this virtual environment are in "{os.path.join(library, filled[-1])}", but its interpreter '
        f'is Python {_VERSION} now. Make it again: python3 -m venv --clear {sys.prefix}, then install them again'
    )


def _holds_packages(folder: str) -> bool:
    return os.path.isdir(folder) and any(name.endswith(('.dist-info', '.py')) for name in os.listdir(folder))


def modules_near(missing: str, directory: str) -> List[str]:
    """Modules beside the missing one: of its package if that exists, else of the directory."""
    package = sys.modules.get(missing.rpartition('.')[0])
    paths = list(getattr(package, '__path__', [])) if '.' in missing and package is not None else [directory]
    return sorted({module.name for module in pkgutil.iter_modules(paths)})


def quoted(names: List[str]) -> str:
    return ', '.join(f'"{name}"' for name in names)
