"""The application with all that its first request would import: the same in a worker and as a CGI program."""

from __future__ import annotations

import sys

from .importing import load_application

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .target import Target


def load_whole(target: Target, directory: str) -> Any:
    """The application, imported with its URLs where it is Django's; StartFailure says why that cannot be."""
    application = load_application(target, directory)
    if 'django' in sys.modules:
        from .django_urls import import_urls
        from .django_watch import watch_django

        watch_django()
        import_urls(target.text, directory)
    return application
