"""What tests of loading applications share."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
import unittest
from typing import Any, Dict, List

from portico_worker.failure import StartFailure
from portico_worker.loading.importing import load_application
from portico_worker.loading.target import parse_target


class LoadingTestCase(unittest.TestCase):
    """A folder of its own to load from, current and first on sys.path; afterwards all is as before."""

    def setUp(self) -> None:
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        saved = list(sys.path), dict(sys.modules), os.getcwd()
        self.addCleanup(self.restore, *saved)
        sys.path[:] = [self.folder] + sys.path
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        self.addCleanup(setattr, sys, 'dont_write_bytecode', before)
        os.chdir(self.folder)

    def restore(self, path: List[str], modules: Dict[str, Any], folder: str) -> None:
        os.chdir(folder)
        sys.path[:] = path
        for name in set(sys.modules) - set(modules):
            del sys.modules[name]
        sys.path_importer_cache.clear()

    def write(self, name: str, text: str) -> None:
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(textwrap.dedent(text))

    def load(self, target: str) -> Any:
        return load_application(parse_target(target, self.folder), self.folder)

    def failure(self, target: str, reason: str, *words: str) -> StartFailure:
        with self.assertRaises(StartFailure) as caught:
            self.load(target)
        failure = caught.exception
        self.assertEqual(failure.reason, reason, failure.message)
        text = f'{failure.message}\n{failure.hint}\n{failure.details}'
        for word in words:
            self.assertIn(word, text)
        self.assertTrue(failure.message.startswith(f'Cannot load application "{target}": '), failure.message)
        self.assertNotIn('target.py', failure.details)
        self.assertNotIn('importlib', failure.details)
        return failure
