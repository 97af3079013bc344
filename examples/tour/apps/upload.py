"""Upload: takes a file of any size, reads it in pieces, and reports its size and SHA-256."""

from __future__ import annotations

import hashlib
from html import escape
from typing import Iterable, Iterator, Tuple

from .multipart import FirstPart, boundary_of
from .page import Environ, StartResponse, answer, page

CHUNK = 64 * 1024
"""Octets read at a time: the most that this application holds of a body, however large."""

_FORM = """
<form method="post" enctype="multipart/form-data">
<p><label for="file">A file; it is counted and hashed, and not kept.</label></p>
<p><input type="file" id="file" name="file" required> <button type="submit">Upload</button></p>
</form>
<p>Or without a browser: <code>curl --data-binary @FILE http://127.0.0.1:8000/upload</code>. Portico takes the body
first and calls the application when all of it is there, so a slow client does not hold a thread. A body above
<code>limits: body</code> (100 MiB unless you say otherwise) is refused before the application is called.</p>
"""


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """GET shows the form; POST and PUT take a file, from a form or as the bare body."""
    method = environ['REQUEST_METHOD']
    if method in ('GET', 'HEAD'):
        return answer(start_response, '200 OK', page('Upload a file', _FORM, 'upload.py'))
    if method not in ('POST', 'PUT'):
        refusal = page('Upload a file', '<p>This address takes GET, HEAD, POST and PUT.</p>', 'upload.py')
        return answer(start_response, '405 Method Not Allowed', refusal, ('Allow', 'GET, HEAD, POST, PUT'))
    try:
        report = _report(environ)
    except ValueError as error:
        refusal = page('That did not work', f'<p>Refused: {escape(str(error))}.</p>{_FORM}', 'upload.py')
        return answer(start_response, '400 Bad Request', refusal)
    return answer(start_response, '200 OK', page('What you sent', report + _FORM, 'upload.py'))


def _report(environ: Environ) -> str:
    name, pieces = _opened(environ)
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
    return (
        '<dl class="facts">\n'
        f'<dt>Name</dt><dd>{escape(name)}</dd>\n'
        f'<dt>Size</dt><dd>{size} octets</dd>\n'
        f'<dt>SHA-256</dt><dd><code>{digest.hexdigest()}</code></dd>\n'
        '</dl>\n'
    )


def _opened(environ: Environ) -> Tuple[str, Iterable[bytes]]:
    """Returns the name of what was sent and its content: the file of a form, or the whole body."""
    boundary = boundary_of(environ.get('CONTENT_TYPE', ''))
    if boundary is None:
        return '(the request body itself)', _chunks(environ)
    part = FirstPart(_chunks(environ), boundary)
    return part.filename or '(no name)', part.content()


def _chunks(environ: Environ) -> Iterator[bytes]:
    """Yields the request body. Reads past CONTENT_LENGTH only where the server says that it ends by itself."""
    length = environ.get('CONTENT_LENGTH', '')
    if not length and environ.get('wsgi.input_terminated'):
        yield from iter(lambda: environ['wsgi.input'].read(CHUNK), b'')
        return
    missing = int(length or 0)
    while missing > 0:
        chunk = environ['wsgi.input'].read(min(CHUNK, missing))
        if not chunk:
            raise ValueError('the body ended before its Content-Length')
        missing -= len(chunk)
        yield chunk
