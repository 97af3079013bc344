"""Starts a fork-server: `PYTHON FLAGS /path/to/fork_main.py`, the socket to the launcher on descriptor 3.

PYTHON is what the first line of a script names, so this file must be read by any, and say so when it is of no use.
"""

import os
import sys

#: What every script finds imported.
_STARTED = set(sys.modules)
_FOLDER = os.path.dirname(os.path.realpath(os.path.abspath(__file__)))


def refuse(why):
    """The TROUBLE message in the words of any Python; no module is to blame."""
    import struct

    content = b'\0' + why.encode('utf-8')
    os.write(3, struct.pack('!IB', len(content), 12) + content)
    sys.exit(3)


def own_package():
    """Gives the fork-server; of its modules nothing is left to be seen by scripts."""
    # Python puts the folder of a started file first on the path.
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != _FOLDER]
    top = os.path.dirname(_FOLDER)
    # Not the package above: what it is made of is no business of this process.
    package = type(sys)('portico_worker')
    package.__path__ = [top]
    sys.modules['portico_worker'] = package
    from portico_worker.cgi import forkserver

    for name in [name for name in sys.modules if name.partition('.')[0] == 'portico_worker']:
        del sys.modules[name]
    return forkserver


if __name__ == '__main__':
    if sys.version_info < (3, 8):
        refuse('%s is Python %d.%d; 3.8 or newer is needed' % ((sys.executable,) + tuple(sys.version_info[:2])))
    if sys.implementation.name != 'cpython':
        refuse('%s is %s; only CPython is forked' % (sys.executable, sys.implementation.name))
    own_package().serve(_STARTED)
