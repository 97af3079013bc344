"""A target that is a file: run as a module under a name made of its own."""

from __future__ import annotations

import importlib
import os
import sys

from . import promotion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Optional, Tuple

    from .target import Target


def import_file(target: Target, path: str) -> Tuple[ModuleType, Optional[Any]]:
    """Runs a file as a module, its directory on sys.path after the application's own.

    Beside the module, the application that the file hands to CGIHandler or to flup, if it does (promotion.py).
    """
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(1, folder)
    name = target.module
    origin = _origin(name) if name.isidentifier() else None
    same = bool(origin) and os.path.realpath(str(origin)) == os.path.realpath(path)
    promoted = promotion.wanted(path)
    if same and (not promoted or name in sys.modules):
        # By its name, so that `import wsgi` elsewhere is this very module.
        return importlib.import_module(name), promotion.known(path)
    if origin is not None and not same:
        name = f'portico_target_{name}'  # never in place of another module of that name
    module = _new_module(name, path)
    sys.modules[name] = module
    if promoted:
        return module, promotion.run(module, path, named=bool(target.attribute))
    _run(module)
    return module, None


def _run(module: Any) -> None:
    module.__spec__.loader.exec_module(module)


def _new_module(name: str, path: str) -> ModuleType:
    import importlib.util
    from importlib.machinery import SourceFileLoader

    spec = importlib.util.spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
    assert spec is not None
    return importlib.util.module_from_spec(spec)


def _origin(name: str) -> Optional[str]:
    """The file of the module of that name, '' when it has none, None when there is no such module.

    What importlib.util.find_spec does; that module takes longer to import than a CGI request may.
    """
    spec = None
    if name in sys.modules:
        spec = getattr(sys.modules[name], '__spec__', None)
        return getattr(spec, 'origin', None) or ''
    for finder in sys.meta_path:
        find_spec = getattr(finder, 'find_spec', None)
        spec = find_spec(name, None) if find_spec is not None else None
        if spec is not None:
            return spec.origin or ''
    return None
