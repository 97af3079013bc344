"""Django imports its URLs, and with them the views, at the first request. Here they count as the start: a mistake there
must leave the work to the old code.
"""

from __future__ import annotations

import sys


def import_urls(target: str, directory: str) -> None:
    """Imports ROOT_URLCONF when this process is a Django application; StartFailure says why that cannot be."""
    django, conf = sys.modules.get('django.urls'), sys.modules.get('django.conf')
    if django is None or conf is None or not conf.settings.configured:
        return
    name = getattr(conf.settings, 'ROOT_URLCONF', None)
    if name is None:
        return
    try:
        django.get_resolver().url_patterns  # as the checks of `manage.py runserver` do
    except BaseException as error:  # SystemExit too
        from . import trouble

        raise trouble.raised(f'importing "{name}"', target, directory, error) from None
