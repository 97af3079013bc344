"""Modules written in C at work, as JSON: /standard, /ssl, /tls?CERTIFICATE (a file with its key), /flags."""

import ctypes
import decimal
import hashlib
import json
import os
import socket
import sqlite3
import ssl
import sys
import threading
import zlib


def standard(_query):
    data = sqlite3.connect(':memory:')
    data.execute('create table t (a)')
    data.executemany('insert into t values (?)', [(n,) for n in range(10)])
    with decimal.localcontext() as context:
        context.prec = 30
        third = decimal.Decimal(1) / 3
    ctypes.pythonapi.PyLong_AsLong.argtypes = [ctypes.py_object]
    return {
        'ctypes': ctypes.CDLL(None).getpid() == os.getpid(),
        'pythonapi': ctypes.pythonapi.PyLong_AsLong(42),
        'decimal': str(third),
        'hashlib': hashlib.new('sha3_256', b'').hexdigest()[:16],
        'scrypt': hashlib.scrypt(b'', salt=b'', n=16, r=1, p=1).hex()[:16],
        'sqlite3': data.execute('select sum(a) from t').fetchone()[0],
        'zlib': zlib.decompress(zlib.compress(b'packed')).decode(),
    }


def openssl(_query=''):
    """Which OpenSSL it is, where that looks for certificates, and how many it finds."""
    return [ssl.OPENSSL_VERSION, *ssl.get_default_verify_paths(), ssl.create_default_context().cert_store_stats()]


def tls(certificate):
    """A handshake over the loopback: what the client has read, the version, and whom it has talked to."""
    listener = socket.create_server(('127.0.0.1', 0))
    server = threading.Thread(target=say_hello, args=(listener, certificate))
    server.start()
    context = ssl.create_default_context(cafile=certificate)
    with socket.create_connection(listener.getsockname()) as plain:
        with context.wrap_socket(plain, server_hostname='localhost') as client:
            said = client.makefile().readline()
            found = [said, client.version(), client.getpeercert()['subjectAltName']]
    server.join()
    listener.close()
    return found


def say_hello(listener, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with context.wrap_socket(listener.accept()[0], server_side=True) as client:
        client.sendall(b'hello\n')


def flags(_query):
    """How modules are loaded, by name."""
    names = ('RTLD_NOW', 'RTLD_GLOBAL', 'RTLD_DEEPBIND')
    return [name for name in names if sys.getdlopenflags() & getattr(os, name)]


PAGES = {'/standard': standard, '/ssl': openssl, '/tls': tls, '/flags': flags}


def application(environ, start_response):
    body = json.dumps(PAGES[environ['PATH_INFO']](environ['QUERY_STRING'])).encode()
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [body]
