"""Resource limits of scripts (getrlimit(2)), by the names they have in the configuration."""

from __future__ import annotations

import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict

_BY_NAME = {
    'cpu': resource.RLIMIT_CPU,
    'memory': resource.RLIMIT_AS,
    'files': resource.RLIMIT_NOFILE,
    'processes': resource.RLIMIT_NPROC,
    'file_size': resource.RLIMIT_FSIZE,
    'core': resource.RLIMIT_CORE,
}
#: The HTTP process has raised this limit for itself; select(2) breaks above it, and programs close all they may have.
_FILES = 1024
#: Descriptors of one running script, of its connection, and of the launcher beside them.
_FILES_A_SLOT, _OWN_FILES = 8, 200


def apply_limits(limits: Dict[str, int]) -> None:
    """In the process that becomes the script; what is above a hard limit stays as it is."""
    for name, value in limits.items():
        which = _BY_NAME.get(name)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # SIGXCPU at the one, which says what was used up, and a second later SIGKILL.
        most = least + 1 if name == 'cpu' and (hard == resource.RLIM_INFINITY or hard > least) else least
        resource.setrlimit(which, (least, most))


class OpenFiles:
    """The soft limit on descriptors that scripts inherit.

    The launcher has it itself when that is enough for it, so that no system call is needed for a script; else it is
    taken on for the moment of a start.
    """

    def __init__(self, slots: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self._hard = hard
        self._script = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        own = slots * _FILES_A_SLOT + _OWN_FILES
        self.changes = own > self._script
        self._own = self._script if not self.changes else own if hard == resource.RLIM_INFINITY else min(own, hard)
        self.restore()

    def lower(self) -> None:
        """Just before a script is started, when `changes`."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._script, self._hard))

    def restore(self) -> None:
        """Just after it."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._own, self._hard))
