"""An application served in this process: one slot on one end of a socket pair, a client on the other."""

from __future__ import annotations

import socket
from threading import Thread
from typing import Any, Optional

from portico_worker.wsgi.environ import base_environ
from portico_worker.slots.slot import Hosting, Slot

from .client import Client
from .started import DEADLINE


class Hosted:
    """Context manager; `client` speaks to the slot."""

    def __init__(self, application: Any, threads: int = 1) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.socket = ours
        self.client = Client(ours)
        self.hosting = Hosting(application, threads, base_environ(threads, False, 'Portico/0'))
        self.slot = Slot(self.hosting, theirs, 'unused')
        self.thread = Thread(target=self.slot.serve, args=(theirs,), daemon=True)
        self.thread.start()

    def finish(self) -> None:
        """Closes our end and waits for the slot to notice."""
        self.socket.close()
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive(), 'the slot did not end with its connection'

    def __enter__(self) -> 'Hosted':
        return self

    def __exit__(self, *_: Any) -> Optional[bool]:
        self.finish()
        return None
