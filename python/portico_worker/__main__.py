"""Starts the worker, `PYTHON /path/to/portico_worker`, or what its argument names: `launcher`. Runs on any Python far enough to say that it is too old."""

import os
import sys


def own_package(folder):
    """Makes `portico_worker` importable as a package, and nothing else beside or inside it."""
    import importlib.util

    # Python puts the folder of a started package first on the path; its modules are no business of the application.
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != folder]
    spec = importlib.util.spec_from_file_location(
        'portico_worker', os.path.join(folder, '__init__.py'), submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules['portico_worker'] = package
    spec.loader.exec_module(package)


def too_old():
    """The `failed` event in the words of any Python."""
    import json

    version = '.'.join(str(part) for part in sys.version_info[:3])
    event = {
        'event': 'failed',
        'reason': 'import-error',
        'message': 'Cannot start the worker: %s is Python %s; 3.8 or newer is needed' % (sys.executable, version),
        'hint': 'Set "python" to a newer interpreter',
        'traceback': '',
    }
    os.write(3, (json.dumps(event) + '\n').encode('ascii'))
    sys.exit(3)


if __name__ == '__main__':
    if sys.version_info < (3, 8):
        too_old()
    own_package(os.path.realpath(os.path.dirname(os.path.abspath(__file__))))
    if sys.argv[1:] == ['launcher']:
        from portico_worker.cgi.launcher import main
    else:
        from portico_worker.worker import main
    main()
