"""What a script for CGI or flup finds in their place while it is loaded: they take its application and serve nothing.

wsgiref's CGI handlers keep their class and lose only `run`; the modules of flup, which is seldom installed any more,
are made here. Both hold for the thread that loads, and are taken away after it: in embedded mode other applications
run beside it in the same interpreter.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, NoReturn, Optional

#: The servers of flup (flup 1.0.3, flup/server); each has a class WSGIServer.
_FLUP_SERVERS = (
    'ajp', 'ajp_base', 'ajp_fork', 'cgi', 'fcgi', 'fcgi_base', 'fcgi_fork', 'fcgi_single', 'scgi', 'scgi_base',
    'scgi_fork',
)
_Module = type(sys)


class HandedOver(SystemExit):
    """Ends the script at the call, as a server that runs for ever does: what stands behind it is clean-up.

    A SystemExit because that is what scripts let through.
    """


class StandIns:
    """In place inside a `with`, for the calling thread. `application` is what the script handed over, after `taken`."""

    def __init__(self) -> None:
        self.taken = False
        self.application: Any = None

    def __enter__(self) -> 'StandIns':
        with _lock:
            if not _loading:
                _install()
            _loading[get_ident()] = self
        return self

    def __exit__(self, *_: Any) -> None:
        with _lock:
            del _loading[get_ident()]
            if not _loading:
                _remove()

    def take(self, application: Any) -> NoReturn:
        """The first application is the one: no server returns for a second."""
        if not self.taken:
            self.taken, self.application = True, application
        raise HandedOver(0)


#: Who loads, by thread.
_loading: Dict[int, StandIns] = {}
_lock = allocate_lock()
#: Modules of a flup that is there, as long as ours are in their place.
_set_aside: Dict[str, ModuleType] = {}


class WSGIServer:
    """flup.server.*.WSGIServer: its application, and what else it is told, which is the affair of a server."""

    def __init__(self, application: Any, environ: Optional[Dict[str, str]] = None, *_told: Any, **_more: Any) -> None:
        self.application = _with(environ, application) if environ else application

    def run(self) -> NoReturn:
        loading = _loading.get(get_ident())
        if loading is None:
            raise RuntimeError('flup is not here: WSGIServer.run() hands over an application only while it is loaded')
        loading.take(self.application)


def _with(variables: Dict[str, str], application: Any) -> Callable[..., Any]:
    def extended(environ: Dict[str, Any], start_response: Any) -> Any:
        environ.update(variables)
        return application(environ, start_response)

    return extended


def _install() -> None:
    from wsgiref.handlers import BaseCGIHandler

    def run(handler: Any, application: Any) -> None:
        loading = _loading.get(get_ident())
        if loading is None:
            super(BaseCGIHandler, handler).run(application)
        else:
            loading.take(application)

    BaseCGIHandler.run = run  # type: ignore[method-assign]
    for name in list(sys.modules):
        if name == 'flup' or name.startswith('flup.server'):
            _set_aside[name] = sys.modules.pop(name)
    sys.modules.update(_flup())


def _remove() -> None:
    from wsgiref.handlers import BaseCGIHandler

    del BaseCGIHandler.run
    for name in [name for name, module in list(sys.modules.items()) if type(module) is _StandIn]:
        del sys.modules[name]
    sys.modules.update(_set_aside)
    _set_aside.clear()


class _StandIn(_Module):
    """A module of flup that is ours."""


def _flup() -> Dict[str, ModuleType]:
    made: Dict[str, ModuleType] = {'flup': _StandIn('flup'), 'flup.server': _StandIn('flup.server')}
    vars(made['flup']).update(__path__=_places(), server=made['flup.server'])
    vars(made['flup.server']).update(__path__=[])
    for name in _FLUP_SERVERS:
        module = made[f'flup.server.{name}'] = _StandIn(f'flup.server.{name}')
        vars(module).update(WSGIServer=WSGIServer)
        vars(made['flup.server'])[name] = module
    return made


def _places() -> List[str]:
    """Where a flup that is installed has its other modules (flup.middleware)."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec('flup')
    return list(spec.submodule_search_locations or ()) if spec is not None else []
