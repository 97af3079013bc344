"""The same as echo.c as a WSGI application."""

import os
import signal


def application(environ, start_response):
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    query = environ.get("QUERY_STRING", "")
    if query == "errors":
        environ["wsgi.errors"].write("a word of errors\n")
    if query == "abort":
        os.kill(os.getpid(), signal.SIGKILL)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    variables = sum(len(name) + 1 + len(value) for name, value in texts.items())
    fields = [
        ("Content-Type", "application/octet-stream"),
        ("X-Method", environ["REQUEST_METHOD"]),
        ("X-Path", environ["PATH_INFO"]),
        ("X-Length", environ.get("CONTENT_LENGTH", "")),
        ("X-Variables", str(variables)),
    ]
    start_response("200 OK", fields)
    left = length
    while left > 0:
        piece = environ["wsgi.input"].read(min(left, 65536))
        if not piece:
            break
        left -= len(piece)
        yield piece
