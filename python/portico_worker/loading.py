"""From the settings to slots that take requests: the same in a worker process and inside the HTTP process."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Dict, Optional

from . import console
from .django_urls import import_urls
from .environ import base_environ
from .health import check_health
from .settings import Settings
from .failure import StartFailure
from .slot import Hosting, Listener
from .slots import Slots
from .target import Target, load_application

if TYPE_CHECKING:
    from .lane import LaneSettings


def take_environment(environment: Dict[str, str]) -> None:
    """The variables of the application become those of the process."""
    os.environ.update(environment)
    if 'TZ' in environment:
        time.tzset()


def come_first(directory: str) -> None:
    """The application's directory is the first place where modules are looked for."""
    sys.path[:] = [directory] + [entry for entry in sys.path if entry not in ('', directory)]


def enter(application: str, directory: str) -> None:
    """The application's directory becomes the current one and the first on sys.path."""
    try:
        os.chdir(directory)
    except OSError as error:
        message = f'Cannot enter the directory of application "{application}", "{directory}": {error.strerror}'
        hint = 'Correct "directory"'
        if isinstance(error, PermissionError):
            hint = f'Let user {os.geteuid()} read and search it and the directories above it'
        raise StartFailure('directory', message, hint) from None
    come_first(directory)


def import_application(target: Target, directory: str) -> Any:
    """The application, imported with all that its first request would import; StartFailure says why that cannot be."""
    application = load_application(target, directory)
    if 'django' in sys.modules:
        from .django_watch import watch_django

        watch_django()
    import_urls(target.text, directory)
    console.end_lines()
    return application


def load_slots(
    settings: Settings, target: Target, listener: Listener, lane: Optional['LaneSettings'] = None
) -> Slots:
    """Imports the application and starts its slots; StartFailure says why that cannot be."""
    return start_slots(settings, import_application(target, settings.directory), listener, lane)


def start_slots(
    settings: Settings, application: Any, listener: Listener, lane: Optional['LaneSettings'] = None
) -> Slots:
    """Asks the application for its health, where that is wanted, and starts its slots."""
    base = base_environ(settings.threads, settings.multiprocess, settings.server_software)
    if settings.health is not None:
        check_health(application, base, settings.health)
        console.end_lines()
    slots = Slots(Hosting(application, settings.threads, base, settings.reload), listener, lane)
    slots.start()
    return slots
