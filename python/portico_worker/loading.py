"""From the settings to slots that take requests: the same in a worker process and inside the HTTP process."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Dict, Optional

from . import console
from .django_urls import import_urls
from .environ import base_environ
from .health import check_health
from .settings import Settings
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


def load_slots(
    settings: Settings, target: Target, listener: Listener, lane: Optional['LaneSettings'] = None
) -> Slots:
    """Imports the application and starts its slots; StartFailure says why that cannot be."""
    application = load_application(target, settings.directory)
    if 'django' in sys.modules:
        from .django_watch import watch_django

        watch_django()
    import_urls(target.text, settings.directory)
    console.end_lines()
    base = base_environ(settings.threads, settings.multiprocess, settings.server_software)
    if settings.health is not None:
        check_health(application, base, settings.health)
        console.end_lines()
    slots = Slots(Hosting(application, settings.threads, base, settings.reload), listener, lane)
    slots.start()
    return slots
