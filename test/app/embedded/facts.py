"""What an application finds around it, as JSON: /, /console, and what it may do to it: /change."""

import json
import locale
import os
import subprocess
import sys

PLACE = os.getcwd()


def surroundings(environ):
    return {
        'multithread': environ['wsgi.multithread'],
        'multiprocess': environ['wsgi.multiprocess'],
        'executable': sys.executable,
        'prefix': sys.prefix,
        'base_prefix': sys.base_prefix,
        'path': sys.path,
        'encoding': sys.getfilesystemencoding(),
        'pid': os.getpid(),
        'directory': os.getcwd(),
        'umask': umask(),
        'locale': locale.setlocale(locale.LC_ALL),
        'changed': os.environ.get('CHANGED_BY_A_REQUEST', ''),
        'home': os.environ.get('HOME', ''),
    }


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def console(_environ):
    print('printed by the application')
    subprocess.run(['sh', '-c', 'echo printed by a program; echo complained by a program >&2'], check=True)
    os.write(2, b'written by C code\n')
    return {}


def change(_environ):
    os.chdir('/')
    os.umask(0o077)
    locale.setlocale(locale.LC_ALL, 'C.UTF-8')
    os.environ['CHANGED_BY_A_REQUEST'] = 'yes'
    return {}


PAGES = {'/': surroundings, '/console': console, '/change': change}


def application(environ, start_response):
    body = json.dumps(PAGES[environ['PATH_INFO'] or '/'](environ)).encode()
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]
