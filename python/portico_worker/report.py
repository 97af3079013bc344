"""Tracebacks as the owner of an application wants them: without the frames of the worker and the import system."""

from __future__ import annotations

import importlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import traceback
    from typing import Optional, Set

#: The folder of this package.
OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_OWN = OWN_FOLDER + os.sep
_IMPORTLIB = importlib.__file__


def of_the_application(filename: str) -> bool:
    """False for frames of this package and of the import system."""
    return not (filename.startswith((_OWN, '<frozen importlib')) or filename == _IMPORTLIB)


def application_traceback(error: BaseException) -> str:
    """The traceback of `error` with its causes; ends with a line feed."""
    import traceback  # only when there is one: it takes long to import

    try:
        summary = traceback.TracebackException(type(error), error, error.__traceback__)
        _strip(summary, set())
        return ''.join(summary.format())
    except Exception as trouble:  # an exception whose __str__ raises must not hide that there was one
        return f'{type(error).__name__} (its traceback could not be made: {type(trouble).__name__})\n'


def _strip(summary: Optional[traceback.TracebackException], seen: Set[int]) -> None:
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack[:] = [frame for frame in summary.stack if of_the_application(frame.filename)]
    _strip(summary.__cause__, seen)
    _strip(summary.__context__, seen)
    for inner in getattr(summary, 'exceptions', None) or ():
        _strip(inner, seen)
