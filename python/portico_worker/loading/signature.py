"""Whether a callable can take (environ, start_response): known when it is loaded, not at the first request."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect
    from typing import Any, Optional

_FUNCTION = type(lambda: None)


def refusal(application: Any) -> Optional[inspect.Signature]:
    """The signature, when it cannot take the two; None when it can, or when it does not tell."""
    if _plainly_takes_two(application):
        return None
    import inspect  # takes nearly as long as the start of Python, and most applications are plain

    try:
        signature = inspect.signature(application, follow_wrapped=False)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind({}, None)
    except TypeError:
        return signature
    return None


def _plainly_takes_two(application: Any) -> bool:
    """True for a function, or an object with a method __call__, that takes two by position; False says nothing."""
    function, given = application, 2
    if type(application) is not _FUNCTION:
        function, given = getattr(type(application), '__call__', None), 3
        if type(function) is not _FUNCTION:
            return False
    if hasattr(function, '__signature__') or function.__code__.co_kwonlyargcount:
        return False
    most = function.__code__.co_argcount
    return most - len(function.__defaults__ or ()) <= given <= most
