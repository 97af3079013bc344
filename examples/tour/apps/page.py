"""The frame of the tour's HTML pages, and the types of a WSGI application."""

from __future__ import annotations

from html import escape
from typing import Any, Callable, Dict, Iterable, List, Tuple

Environ = Dict[str, Any]
StartResponse = Callable[..., Any]

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Portico tour</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body class="small">
<main>
<p class="back"><a href="/">Back to the tour</a></p>
<h1>{title}</h1>
{content}
</main>
<footer><p>The source of this page is <code>examples/tour/apps/{source}</code>.</p></footer>
</body>
</html>
"""


def page(title: str, content: str, source: str) -> bytes:
    """Returns a whole page as UTF-8; `content` is HTML, the other two are text."""
    return _FRAME.format(title=escape(title), content=content, source=escape(source)).encode('utf-8')


def answer(start_response: StartResponse, status: str, body: bytes, *fields: Tuple[str, str]) -> Iterable[bytes]:
    """Answers with a complete HTML page that no cache keeps."""
    head: List[Tuple[str, str]] = [
        ('Content-Type', 'text/html; charset=utf-8'),
        ('Content-Length', str(len(body))),
        ('Cache-Control', 'no-store'),
    ]
    start_response(status, head + list(fields))
    return [body]
