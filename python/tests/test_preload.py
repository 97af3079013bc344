"""The process from which workers are forked: what a supervisor sees of it on descriptor 3 and on the connections it makes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import tempfile
import time
import unittest
from typing import Any, Dict, List

from .started import DEADLINE, StartedWorker

CODE = """
import os, random
IMPORTED_BY = os.getpid()
def application(environ, start_response):
    start_response('200 OK', [])
    return [b'%d' % IMPORTED_BY]
"""


def greeting(descriptor: int, worker: int) -> bytes:
    return struct.pack('!BI', descriptor, worker)


class ForkedWorker:
    """One worker: the connections that became its descriptors."""

    def __init__(self, template: StartedWorker, number: int, **told: Any) -> None:
        self.path = os.path.join(template.folder, f'w{number}.sock')
        template.tell({'command': 'fork', 'worker': number})
        self.sockets: Dict[int, socket.socket] = {}
        for descriptor in (1, 2, 3, 4):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(DEADLINE)
            sock.connect(template.path)
            sock.sendall(greeting(descriptor, number))
            self.sockets[descriptor] = sock
        self.told = template.event()
        settings = {
            'application': 'test', 'wsgi': told.pop('wsgi'), 'directory': told.pop('directory'), 'socket': self.path,
            'threads': 1, 'environment': {}, 'crash_descriptor': 4,
        }
        self.control = self.sockets[3].makefile('rw', encoding='utf-8')
        self.control.write(json.dumps({**settings, **told}) + '\n')
        self.control.flush()

    def event(self) -> Dict[str, Any]:
        return json.loads(self.control.readline())

    def close(self) -> None:
        self.control.close()
        for sock in self.sockets.values():
            sock.close()


class PreloadTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix='portico-preload-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.workers: List[ForkedWorker] = []
        self.addCleanup(lambda: [worker.close() for worker in self.workers])

    def template(self, code: str) -> StartedWorker:
        with open(os.path.join(self.folder, 'loaded.py'), 'w', encoding='utf-8') as file:
            file.write(code)
        template = StartedWorker('loaded:application', directory=self.folder, preload=True)
        self.addCleanup(template.__exit__)
        return template

    def fork(self, template: StartedWorker, number: int, **told: Any) -> ForkedWorker:
        worker = ForkedWorker(template, number, wsgi='loaded:application', directory=self.folder, **told)
        self.workers.append(worker)
        return worker

    def test_forks_workers_that_have_the_application(self) -> None:
        template = self.template(CODE)
        self.assertEqual(template.event()['event'], 'ready')
        os.remove(os.path.join(self.folder, 'loaded.py'))
        for number in (5, 6):
            worker = self.fork(template, number)
            self.assertEqual((worker.told['event'], worker.told['worker']), ('forked', number))
            ready = worker.event()
            self.assertEqual((ready['event'], ready['pid']), ('ready', worker.told['pid']))

    def test_tells_how_each_of_them_ended(self) -> None:
        template = self.template(CODE)
        template.event()
        killed, left = self.fork(template, 1), self.fork(template, 2)
        for worker in (killed, left):
            worker.event()
        os.kill(killed.told['pid'], signal.SIGKILL)
        self.assertEqual(template.event(), {'event': 'ended', 'worker': 1, 'code': None, 'signal': 'SIGKILL'})
        left.close()  # its lifeline
        self.assertEqual(template.event(), {'event': 'ended', 'worker': 2, 'code': 1, 'signal': None})

    def test_kills_what_a_worker_leaves_in_its_group(self) -> None:
        started = 'import subprocess\nSTARTED = lambda: open("pid", "w").write(str(subprocess.Popen(["sleep", "60"]).pid))\n'
        template = self.template(started + CODE.replace('    return', '    STARTED()\n    return'))
        template.event()
        worker = self.fork(template, 1, health={'path': '/', 'script_name': '', 'host': 'localhost'})
        self.assertEqual(worker.event()['event'], 'ready')
        with open(os.path.join(self.folder, 'pid'), encoding='ascii') as file:
            left = int(file.read())
        self.assertTrue(_lives(left))
        os.kill(worker.told['pid'], signal.SIGKILL)
        self.assertEqual(template.event()['event'], 'ended')
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline and _lives(left):
            time.sleep(0.01)
        self.assertFalse(_lives(left))

    def test_answers_while_it_imports_and_afterwards(self) -> None:
        template = self.template('import os, time\nos.write(1, b"importing"); time.sleep(60)\n')
        template.process.stdout.read(9)
        template.tell({'command': 'ping'})
        self.assertEqual(template.event(), {'event': 'pong'})
        template.tell({'command': 'stacks'})
        self.assertIn('time.sleep(60)', json.dumps(template.event()))
        template.tell({'command': 'stop', 'deadline': 1})
        self.assertEqual(template.process.wait(DEADLINE), 0)
        other = self.template(CODE)
        other.event()
        other.tell({'command': 'ping'})
        self.assertEqual(other.event(), {'event': 'pong'})

    def test_refuses_an_application_with_threads(self) -> None:
        code = 'import threading\nthreading.Thread(target=threading.Event().wait, name="beat", daemon=True).start()\n'
        failed = self.template(code + CODE).event()
        self.assertEqual((failed['event'], failed['reason']), ('failed', 'preload'))
        self.assertIn('"beat"', failed['message'])

    def test_says_when_nobody_hands_it_descriptors(self) -> None:
        template = self.template(CODE)
        template.event()
        template.tell({'command': 'fork', 'worker': 9})
        told = template.event()
        self.assertEqual((told['event'], told['worker']), ('not_forked', 9))

    def test_takes_no_connection_of_a_fork_that_was_given_up(self) -> None:
        template = self.template(CODE)
        template.event()
        template.tell({'command': 'fork', 'worker': 1})
        # The first one says nothing in time; the others wait in the queue of the listener.
        for said in (b'', *(greeting(descriptor, 1) for descriptor in (1, 2, 3, 4))):
            sock = socket.socket(socket.AF_UNIX)
            self.addCleanup(sock.close)
            sock.connect(template.path)
            sock.sendall(said)
        self.assertEqual(template.event()['event'], 'not_forked')
        worker = self.fork(template, 2)
        self.assertEqual((worker.told['event'], worker.told['worker']), ('forked', 2))
        self.assertEqual(worker.event()['event'], 'ready')

    def test_a_worker_leads_its_group_before_anybody_knows_of_it(self) -> None:
        slow = 'import os, time\nos.register_at_fork(after_in_child=lambda: time.sleep(60))\n'
        template = self.template(slow + CODE)
        template.event()
        pid = self.fork(template, 1).told['pid']
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        self.assertEqual(os.getpgid(pid), pid)

    def test_does_without_a_django_that_has_no_settings(self) -> None:
        code = '''
import sys, types
def refuse(): raise RuntimeError('settings are not configured')
database, conf = types.ModuleType('django.db'), types.ModuleType('django.conf')
database.connections = types.SimpleNamespace(close_all=refuse)
conf.settings = types.SimpleNamespace(configured=False)
sys.modules.update({'django.db': database, 'django.conf': conf})
'''
        self.assertEqual(self.template(code + CODE).event()['event'], 'ready')


def _lives(pid: int) -> bool:
    try:
        with open(f'/proc/{pid}/stat', encoding='latin-1') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False
