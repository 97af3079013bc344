"""Promotion: a script that was written for CGI or flup, loaded unmodified as an application that stays.

Such a script ends in `CGIHandler().run(app)` or `WSGIServer(app).run()`, with or without `if __name__ == '__main__':`
around it. The call hands over the application instead of running it (stand_ins.py). Only files that name CGIHandler
or flup come here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import ModuleType
    from typing import Any, Dict, Iterator, List, Optional

#: Where the application is when the script does not hand it over: what `target` looks for, too.
_USUAL_NAMES = ('application', 'app')
#: What scripts have handed over, by real path: applications of one interpreter share the module of a file.
_known: Dict[str, Any] = {}


def wanted(path: str) -> bool:
    """True for a file that mentions what hands an application over."""
    source = _source(path)
    return b'CGIHandler' in source or b'flup' in source


def known(path: str) -> Optional[Any]:
    """What the script has handed over when it was loaded before."""
    return _known.get(os.path.realpath(path))


def run(module: Any, path: str, named: bool) -> Optional[Any]:
    """Runs the script as `module`; the application that it hands over, or None.

    What stands under `if __name__ == '__main__':` is run only when it is needed: when the target names no attribute,
    and the module has no application of its own or hands over another than that.
    """
    from .stand_ins import StandIns

    with StandIns() as stand_ins:
        try:
            module.__spec__.loader.exec_module(module)
            if not named:
                for body in _needed(module, path):
                    exec(compile(body, path, 'exec'), vars(module))
        except SystemExit:
            if not stand_ins.taken:
                del sys.modules[module.__name__]
                raise
        except BaseException:
            del sys.modules[module.__name__]
            raise
    if stand_ins.taken:
        _known[os.path.realpath(path)] = stand_ins.application
    return stand_ins.application


def _source(path: str) -> bytes:
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return b''  # whoever imports it says why


def _needed(module: ModuleType, path: str) -> Iterator[ast.Module]:
    """The bodies of `if __name__ == '__main__':` that have to be run."""
    import ast

    own = next((name for name in _USUAL_NAMES if hasattr(module, name)), None)
    for statement in ast.parse(_source(path), path).body:
        if isinstance(statement, ast.If) and _asks_for_main(statement.test):
            body = ast.Module(body=statement.body, type_ignores=[])
            if own is None or any(not _is_name(handed, own) for handed in _handed(body)):
                yield body


def _asks_for_main(test: ast.expr) -> bool:
    import ast

    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    return any(_is_name(side, '__name__') for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == '__main__' for side in sides
    )


def _handed(body: ast.Module) -> List[ast.expr]:
    """The expressions in X of `CGIHandler().run(X)` and `WSGIServer(X, ...)`."""
    import ast

    found: List[ast.expr] = []
    for call in ast.walk(body):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = getattr(call.func, 'attr', None) or getattr(call.func, 'id', '')
        if name == 'WSGIServer' or (name == 'run' and 'CGIHandler' in ast.dump(call.func)):
            found.append(call.args[0])
    return found


def _is_name(expression: ast.expr, name: str) -> bool:
    return getattr(expression, 'id', None) == name
