"""The WSGI application of a CherryPy program that starts CherryPy's own server.

The program (file name in PORTICO_CHERRYPY_PROGRAM) runs once as the main program does: it mounts its trees,
subscribes its plugins and starts the engine; only what Portico does in its place is switched off: the listening
server, signal handlers, the autoreloader, daemonizing, and waiting in engine.block(). `application` is then
cherrypy.tree. The engine runs, so that plugins (databases, session clean-up, background tasks) work as usual.
"""

import atexit
import os
import sys
import types
from typing import Any

import cherrypy
from cherrypy.process import plugins


def _nothing(*_args: Any, **_keywords: Any) -> None:
    return None


def _switch_off() -> None:
    server: Any = cherrypy.server
    engine: Any = cherrypy.engine
    server.unsubscribe()
    for owner, name in (
        (server, 'start'),
        (server, 'subscribe'),
        (engine, 'block'),
        (engine.signals, 'subscribe'),
        (plugins.Daemonizer, 'start'),
    ):
        setattr(owner, name, _nothing)
    for plugin in ('autoreload', 'console_control_handler'):
        if hasattr(engine, plugin):
            getattr(engine, plugin).unsubscribe()
    setattr(getattr(engine, 'autoreload', types.SimpleNamespace()), 'subscribe', _nothing)
    cherrypy.config.update({'engine.autoreload.on': False, 'checker.on': False})


def _run(path: str) -> None:
    """As `python path` does. The module stays __main__, for classes that are pickled by that name."""
    module = types.ModuleType('__main__')
    module.__file__ = path
    sys.modules['__main__'] = module
    sys.argv = [path]
    with open(path, 'rb') as file:
        code = compile(file.read(), path, 'exec')
    exec(code, module.__dict__)


def _load() -> Any:
    path = os.path.abspath(os.environ['PORTICO_CHERRYPY_PROGRAM'])
    _switch_off()
    _run(path)
    if not cherrypy.tree.apps:
        raise ImportError(f'{path} has run, but it mounted nothing on cherrypy.tree')
    engine: Any = cherrypy.engine
    if engine.state != engine.states.STARTED:
        engine.start()
    atexit.register(engine.exit)
    _quiet_access_log()
    return cherrypy.tree


def _quiet_access_log() -> None:
    """Portico writes the access log; CherryPy's copy on the screen would only double it. Errors still go there."""
    log: Any = cherrypy.log.access_log
    for handler in list(log.handlers):
        if getattr(handler, '_cpbuiltin', None) == 'screen':
            log.removeHandler(handler)


application = _load()
