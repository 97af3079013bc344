"""Answers with what the application sees of its process, as JSON."""

import importlib.util
import json
import os
import subprocess
import sys

AT_IMPORT = {'environment': os.environ.get('PORTICO_TEST'), 'uid': os.getuid(), 'gid': os.getgid()}


def application(environ, start_response):
    listing = 'import os; print(sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)))'
    seen = dict(
        AT_IMPORT,
        cwd=os.getcwd(),
        path=sys.path,
        own=[name for name in ('records', 'worker', 'tests', 'call') if importlib.util.find_spec(name)],
        package=importlib.util.find_spec('portico_worker.fastcgi.records') is not None,
        groups=os.getgroups(),
        home=os.environ.get('HOME'),
        children=subprocess.check_output([sys.executable, '-c', listing], close_fds=False).decode().strip(),
        os_environ=sorted(name for name in os.environ if name in environ and name.isupper()),
    )
    body = json.dumps(seen).encode()
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]
