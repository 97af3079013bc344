"""Starts the worker, `PYTHON /path/to/portico_worker`, or what its argument names: `launcher`, `cgi`, `fastcgi`, `scgi`.

Runs on any Python far enough to say that it is too old.
"""

import os
import stat
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
        event['hint'] = 'Start it with a newer interpreter'
        sys.exit('%(message)s. %(hint)s' % event)
    os.write(3, (json.dumps(event) + '\n').encode('ascii'))
    sys.exit(3)


def is_led():
    """The supervisor is at the other end of descriptor 3."""
    try:
        return stat.S_ISSOCK(os.fstat(3).st_mode)
    except OSError:
        return False


def refuse_usage():
    """Somebody has started it without a verb, or with one that there is not."""
    asked = sys.argv[1:2] in (['--help'], ['-h'])
    (sys.stdout if asked else sys.stderr).write(
        'usage: PYTHON portico_worker fastcgi|scgi|cgi APP [options]\n\n'
        'Serves a WSGI application to another web server. See: portico_worker fastcgi --help\n'
    )
    sys.exit(0 if asked else 2)


if __name__ == '__main__':
    if sys.version_info < (3, 8):
        too_old()
    own_package(os.path.realpath(os.path.dirname(os.path.abspath(__file__))))
    if sys.argv[1:] == ['launcher']:
        from portico_worker.cgi.launcher import main
    elif sys.argv[1:2] == ['cgi']:
        from portico_worker.as_cgi.application import main
    elif sys.argv[1:2] in (['fastcgi'], ['scgi']):
        from portico_worker.serving.command import main
    else:
        if sys.argv[1:] or not is_led():
            refuse_usage()
        from portico_worker.worker.daemon import main
    main()
