"""Says in the error log what Django with DEBUG = False says nowhere: refused hosts, refused forms, failed requests.

Handlers on three of Django's loggers (docs.djangoproject.com, "Logging", "Django's logging extensions"). They run
only when Django logs, and are not there when the application is not Django's.
"""

from __future__ import annotations

import logging
import sys
from threading import Lock
from typing import Any, Set

from .django_start import settings_file

#: Different hosts and origins that are named; a scanner invents names without end.
MOST_NAMED = 20
#: Characters of a name from the network that are shown.
_MOST_CHARACTERS = 100


def watch_django() -> None:
    """Once, after an application was loaded that uses Django."""
    handlers = {
        'django.security.DisallowedHost': RefusedHosts(logging.ERROR),
        'django.security.csrf': RefusedForms(logging.WARNING),
        'django.request': FailedRequests(logging.ERROR),
    }
    for name, handler in handlers.items():
        logger = logging.getLogger(name)
        # Where nobody has set up logging Python itself writes warnings; a handler of ours would end that.
        if logger.hasHandlers():
            logger.addHandler(handler)


class _OncePerName(logging.Handler):
    """Writes one line for each name, for the first MOST_NAMED names."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._seen: Set[str] = set()
        self._names = Lock()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.look(record)
        except Exception:
            self.handleError(record)

    def look(self, record: logging.LogRecord) -> None:
        raise NotImplementedError

    def tell(self, name: str, text: str) -> None:
        with self._names:
            if name in self._seen or len(self._seen) > MOST_NAMED:
                return
            self._seen.add(name)
            last = len(self._seen) > MOST_NAMED
        sys.stderr.write('Django refuses more names than are told here\n' if last else f'{text}\n')


class RefusedHosts(_OncePerName):
    """A request whose Host is not in ALLOWED_HOSTS is answered with a bare 400."""

    def look(self, record: logging.LogRecord) -> None:
        meta = _meta(record)
        forwarded = meta.get('HTTP_X_FORWARDED_HOST') if _setting('USE_X_FORWARDED_HOST') else None
        written = str(forwarded or meta.get('HTTP_HOST', ''))
        host = _without_port(written)
        start = f'Django refused a request with status 400, because its Host {_shown(written)}'
        if 'You may need to add' not in record.getMessage():
            return self.tell(host, f'{start} is not a valid host name; nothing is to be done about it')
        place = f' in "{settings_file()}"' if settings_file() else ''
        allowed = _setting('ALLOWED_HOSTS')
        listed = f'{allowed!r}' if len(repr(allowed)) <= 200 else f'a list of {len(allowed)}'
        return self.tell(
            host,
            f'{start} is not in ALLOWED_HOSTS, which is {listed}{place}. '
            f'If people are to reach the site by this name, write there: ALLOWED_HOSTS = {_with(allowed, host)}',
        )


class RefusedForms(_OncePerName):
    """A form that Django takes for another site's, most often because a proxy has changed scheme or host."""

    def look(self, record: logging.LogRecord) -> None:
        reason = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ''
        if not reason.startswith(('Origin checking failed', 'Referer checking failed')):
            return
        meta = _meta(record)
        request: Any = getattr(record, 'request', None)
        scheme = str(getattr(request, 'scheme', 'http'))
        source = str(meta.get('HTTP_ORIGIN') or meta.get('HTTP_REFERER') or 'none')
        origin = '/'.join(source.split('/')[:3])
        host = str(meta.get('HTTP_HOST', ''))
        text = (
            f'Django refused a form with status 403 (CSRF): it comes from {_shown(origin)}, '
            f'but the request was for {_shown(f"{scheme}://{host}")}. '
        )
        if origin.partition('://')[2] == host:
            text += (
                'Only the scheme differs: a proxy in front ends TLS and does not say so. Let it send X-Forwarded-Proto, '
                'and name its address in trusted_proxies in portico.yaml or '
                "set SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')"
            )
        else:
            place = f' in "{settings_file()}"' if settings_file() else ' in the settings'
            text += (
                'If this is a name of your site, let the proxy in front keep the Host field, '
                f'or write{place}: CSRF_TRUSTED_ORIGINS = {[origin[:_MOST_CHARACTERS]]!a}'
            )
        self.tell(origin, text)


class FailedRequests(logging.Handler):
    """The traceback of a view that raised, when nothing else would write it: Django's own console needs DEBUG = True."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if record.exc_info and not self._is_told(record):
                sys.stderr.write(f'{logging.Formatter().format(record)}\n')
        except Exception:
            self.handleError(record)

    def _is_told(self, record: logging.LogRecord) -> bool:
        """True when a handler of the project's takes the record; mail to the ADMINS counts when there are any."""
        logger: Any = logging.getLogger(record.name)
        while logger is not None:
            for handler in logger.handlers:
                if handler is self or isinstance(handler, logging.NullHandler) or record.levelno < handler.level:
                    continue
                if type(handler).__name__ == 'AdminEmailHandler' and not _setting('ADMINS'):
                    continue
                if handler.filter(record):
                    return True
            logger = logger.parent if logger.propagate else None
        return False


def _meta(record: logging.LogRecord) -> Any:
    return getattr(getattr(record, 'request', None), 'META', None) or {}


def _setting(name: str) -> Any:
    from django.conf import settings  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return getattr(settings, name, None) or []


def _with(allowed: Any, host: str) -> str:
    """The list as it is to be written; a long one is not repeated."""
    names = [str(name) for name in allowed]
    host = host[:_MOST_CHARACTERS]
    return ascii([*names, host]) if len(names) <= 5 else f'[..., {host!a}]'


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(':')
    return name if colon and port.isdigit() else host


def _shown(name: str) -> str:
    """A name from the network: quoted, ASCII, cut."""
    short = ascii(name)[1:-1]
    return f'"{short[:_MOST_CHARACTERS]}{"..." if len(short) > _MOST_CHARACTERS else ""}"'
