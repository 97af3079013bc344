"""Starts the worker, `PYTHON /path/to/portico_worker`, or what its argument names: `launcher`, `cgi`, `fastcgi`, `scgi`.

Runs on any Python far enough to say that it is too old.
"""

import os
import sys


def own_package(folder):
    """Makes `portico_worker` importable as a package, and nothing else beside or inside it."""
    # Python puts the folder of a started package first on the path; its modules are no business of the application.
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != folder]
    # Not with importlib.util, whose import costs a CGI request up to half of the time in which Python starts.
    sys.path.insert(0, os.path.dirname(folder))
    __import__('portico_worker')
    del sys.path[0]


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
    if sys.argv[1:2] in (['cgi'], ['fastcgi'], ['scgi']):  # nobody listens but the log of a server
        sys.exit('%(message)s. %(hint)s' % event)
    os.write(3, (json.dumps(event) + '\n').encode('ascii'))
    sys.exit(3)


if __name__ == '__main__':
    if sys.version_info < (3, 8):
        too_old()
    own_package(os.path.realpath(os.path.dirname(os.path.abspath(__file__))))
    if sys.argv[1:] == ['launcher']:
        from portico_worker.cgi.launcher import main
    elif sys.argv[1:2] == ['cgi']:
        from portico_worker.cgi_application import main
    elif sys.argv[1:2] in (['fastcgi'], ['scgi']):
        from portico_worker.serving.command import main
    else:
        from portico_worker.worker import main
    main()
