"""Says what Python files define, without running them: argv are names of files and, behind "--", of packages.

Prints one JSON object: per file the imported modules, the names bound at module level with what they are bound to,
and the calls that start a server; per package whether this interpreter can import it.
"""

import ast
import importlib.util
import json
import sys
from typing import Any, Dict, List, Optional, Tuple

Binding = Dict[str, Any]
_watched = ('cherrypy.quickstart', 'cherrypy.engine.block', 'cherrypy.tree.mount', 'cherrypy.tree.graft')


class _Module:
    """Collects facts from the statements of one module, in their order."""

    def __init__(self) -> None:
        self.aliases: Dict[str, str] = {}
        self.bindings: Dict[str, Binding] = {}
        self.calls: List[Dict[str, str]] = []
        self.imports: List[str] = []

    def read(self, body: List[ast.stmt], where: str) -> None:
        for statement in body:
            self._calls(statement, where)
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._import(statement)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._bind(statement.name, _function(statement), where)
            elif isinstance(statement, ast.ClassDef):
                self._bind(statement.name, {'kind': 'class'}, where)
            elif isinstance(statement, ast.Assign):
                for target in statement.targets:
                    for name in _names(target):
                        self._bind(name, self._value(statement.value), where)
            elif isinstance(statement, ast.AnnAssign) and statement.value and isinstance(statement.target, ast.Name):
                self._bind(statement.target.id, self._value(statement.value), where)
            else:
                for block, place in _blocks(statement, where):
                    self.read(block, place)

    def _bind(self, name: str, binding: Binding, where: str) -> None:
        if where == 'import':
            self.bindings[name] = binding

    def _import(self, statement: Any) -> None:
        module = getattr(statement, 'module', None) or ''
        relative = bool(getattr(statement, 'level', 0))
        for alias in statement.names:
            full = alias.name if isinstance(statement, ast.Import) else f'{module}.{alias.name}'
            if not relative:
                self.imports.append(full.split('.')[0])
            bound = alias.asname or (alias.name.split('.')[0] if isinstance(statement, ast.Import) else alias.name)
            self.aliases[bound] = full if alias.asname or isinstance(statement, ast.ImportFrom) else bound
            self.bindings[bound] = {'kind': 'import', 'of': full}

    def _value(self, value: ast.expr) -> Binding:
        if isinstance(value, ast.Call):
            return {'kind': 'call', 'of': self._dotted(value.func)}
        dotted = self._dotted(value)
        if dotted is not None and isinstance(value, ast.Name) and value.id in self.bindings:
            return self.bindings[value.id]
        return {'kind': 'other', 'of': dotted}

    def _dotted(self, value: ast.expr) -> Optional[str]:
        parts: List[str] = []
        while isinstance(value, ast.Attribute):
            parts.insert(0, value.attr)
            value = value.value
        if not isinstance(value, ast.Name):
            return None
        return '.'.join([self.aliases.get(value.id, value.id), *parts])

    def _calls(self, statement: ast.stmt, where: str) -> None:
        """Calls in this statement itself, and in functions that only run as a program (where they stand is enough)."""
        inside = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if not inside and any(_blocks(statement, where)):
            return
        for node in ast.walk(statement):
            name = self._dotted(node.func) if isinstance(node, ast.Call) else None
            if name in _watched or self._runs_flask(name):
                self.calls.append({'name': str(name), 'where': 'function' if inside else where})

    def _runs_flask(self, name: Optional[str]) -> bool:
        owner, _, method = (name or '').rpartition('.')
        return method == 'run' and self.bindings.get(owner, {}).get('of') == 'flask.Flask'


def _blocks(statement: ast.stmt, where: str) -> List[Tuple[List[ast.stmt], str]]:
    """The statements inside if, try and with; "main" below `if __name__ == '__main__'`."""
    if isinstance(statement, ast.If):
        main = any(isinstance(node, ast.Name) and node.id == '__name__' for node in ast.walk(statement.test))
        return [(statement.body, 'main' if main else where), (statement.orelse, where)]
    if isinstance(statement, ast.Try):
        handlers = [(handler.body, where) for handler in statement.handlers]
        return [(statement.body, where), *handlers, (statement.orelse, where), (statement.finalbody, where)]
    return [(statement.body, where)] if isinstance(statement, ast.With) else []


def _function(node: Any) -> Binding:
    arguments = node.args
    positional = len(arguments.args) + len(getattr(arguments, 'posonlyargs', []))
    needed = positional - len(arguments.defaults) + sum(default is None for default in arguments.kw_defaults)
    kind = 'async function' if isinstance(node, ast.AsyncFunctionDef) else 'function'
    return {'kind': kind, 'needed': needed, 'positional': positional, 'variable': arguments.vararg is not None}


def _names(target: ast.expr) -> List[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    return [name for item in target.elts for name in _names(item)] if isinstance(target, (ast.Tuple, ast.List)) else []


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, 'rb') as file:
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError) as error:
        return {'file': path, 'error': f'{type(error).__name__}: {error}'}
    module = _Module()
    module.read(tree.body, 'import')
    return {'file': path, 'imports': module.imports, 'bindings': module.bindings, 'calls': module.calls}


def main() -> None:
    split = sys.argv.index('--')
    packages = {name: importlib.util.find_spec(name) is not None for name in sys.argv[split + 1 :]}
    files = [_read(path) for path in sys.argv[1:split]]
    json.dump({'executable': sys.executable, 'packages': packages, 'files': files}, sys.stdout)


if __name__ == '__main__':
    main()
