"""From the settings to slots that take requests: the same in a worker process and inside the HTTP process."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Dict, Optional

from ..loading.application import load_whole
from ..loading.target import Target
from ..process import console
from ..slots.crew import Slots
from ..slots.slot import Hosting, Listener
from ..wsgi.environ import base_environ
from .health import check_health
from .settings import Settings

if TYPE_CHECKING:
    from ..serving.entrance import Entrance
    from ..serving.server import Server
    from ..slots.lane import LaneSettings


def take_environment(environment: Dict[str, str]) -> None:
    """The variables of the application become those of the process."""
    os.environ.update(environment)
    if 'TZ' in environment:
        time.tzset()


def import_application(target: Target, directory: str) -> Any:
    """The application, imported with all that its first request would import; StartFailure says why that cannot be."""
    application = load_whole(target, directory)
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
    base = _base(settings, application)
    slots = Slots(Hosting(application, settings.threads, base, settings.reload), listener, lane)
    slots.start()
    return slots


def start_server(settings: Settings, application: Any, entrance: 'Entrance') -> 'Server':
    """The same with threads for foreign front servers."""
    from ..serving.told import server_of

    assert settings.serve is not None
    server = server_of(settings.serve, application, _base(settings, application), settings.threads, entrance)
    server.start()
    return server


def _base(settings: Settings, application: Any) -> Dict[str, Any]:
    """What every environ starts from, once the application has answered for its health."""
    base = base_environ(settings.threads, settings.multiprocess, settings.server_software)
    if settings.health is not None:
        check_health(application, base, settings.health)
        console.end_lines()
    return base
