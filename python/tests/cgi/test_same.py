"""A warm script is the same as an executed one: each of these says the same both ways, word for word."""

from __future__ import annotations

import os
import re
import signal
import sys
import unittest
from typing import Any, Tuple

from ..client import Reply
from .launched import Launched

_SCRIPTS = {
    'globals': 'x = 1\nprint(sorted(globals()))\n'
               'print(__name__, __file__, __spec__, __doc__, __package__, __cached__, type(__loader__), '
               '__loader__.name, '
               '__loader__.path, __builtins__)\n',
    'kept stdout': 'import io, sys\nsaved = sys.stdout\nsys.stdout = io.StringIO()\nprint("lost")\nsaved.write("kept\\n")\n',
    'wrapped stdout': 'import sys\nclass W:\n    def __init__(self, to): self.to = to\n'
                      '    def write(self, text): self.to.write(text.upper())\n    def flush(self): self.to.flush()\n'
                      'sys.stdout = W(sys.stdout)\nprint("words")\n',
    'printf': 'import ctypes\nctypes.CDLL(None).printf(b"from C\\n")\n',
    'docstring': '"""Doc."""\nprint(__doc__, __annotations__ if "__annotations__" in globals() else None)\nx: int = 3\n'
                 'print(__annotations__)\n',
    'interpreter': 'import sys\nprint(sys.flags, sys.executable, sys.argv, getattr(sys, "orig_argv", 0), '
                   'sys.path, sys.prefix, '
                   'sys.warnoptions, sys._xoptions, sys.stdout.encoding, sys.stdin.errors, sys.stdout.line_buffering, '
                   'sys.stderr.line_buffering, sys.excepthook, sys.unraisablehook, hasattr(sys, "last_value"), '
                   'sys.exc_info(), '
                   'sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile())\n',
    'frames': 'import inspect, sys, traceback\ndef f():\n    traceback.print_stack()\n    '
              'print(len(inspect.stack()))\nf()\n'
              'print(sys._getframe().f_back, inspect.stack()[0].filename)\n',
    'environment': 'import os, subprocess\nprint(sorted(os.environ.items()))\nos.environ["ADDED"] = "yes"\n'
                   'print(sorted(subprocess.check_output(["env"]).splitlines()))\n',
    'octets in the environment': 'import os\nprint(ascii(os.environ["HTTP_X"]), os.environb[b"HTTP_X"])\n',
    'descriptors': 'import os\nprint(sorted(os.listdir("/proc/self/fd"))[:3], len(os.listdir("/proc/self/fd")))\n',
    'signals': 'import signal\nfor n in sorted(signal.valid_signals()): print(n, signal.getsignal(n))\n'
               'print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.set_wakeup_fd(-1))\n'
               'print([l for l in open("/proc/self/status") if l.startswith(("SigB", "SigI", "SigC"))])\n',
    'process': 'import os, resource, threading\nprint(os.getpid() == os.getpgid(0), os.getcwd(), oct(os.umask(0)), '
               'resource.getrlimit(resource.RLIMIT_NOFILE), threading.current_thread() is threading.main_thread(), '
               'threading.active_count(), threading.main_thread().name)\n',
    'gc': 'import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.garbage)\n',
    'exception': 'def f():\n    return 1 / 0\nprint("before")\nf()\n',
    'chained exceptions': 'try:\n    {}["a"]\nexcept KeyError as e:\n    raise ValueError("b") from e\n',
    'long exception': 'def f(n):\n    return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as e:\n    print(e)\n',
    'syntax error': 'print(\nx x\n',
    'bad indentation': 'if 1:\nx = 2\n',
    'bad escape': 'x = "\\d"\nprint(x is 1)\n',
    'not utf-8': '# \udcff\nprint(1)\n',
    'other encoding': '# -*- coding: latin-1 -*-\nprint(ascii("\udce4"))\n',
    'exit code': 'import sys\nsys.exit(7)\n',
    'exit large': 'import sys\nsys.exit(256 + 9)\n',
    'exit none': 'print("x")\nraise SystemExit\n',
    'exit false': 'raise SystemExit(False)\n',
    'exit text': 'import sys\nprint("out")\nsys.exit("words")\n',
    'exit object': 'import sys\nsys.exit([1, 2])\n',
    'keyboard interrupt': 'raise KeyboardInterrupt\n',
    'interrupted': 'import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n',
    '_exit': 'import os\nprint("lost")\nos._exit(4)\n',
    'killed': 'import os, signal\nprint("x", flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n',
    'terminated': 'import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n',
    'exec': 'import os, sys\nprint("a", flush=True)\nos.execv(sys.executable, [sys.executable, "-c", "print(2)"])\n',
    'fork': 'import os\npid = os.fork()\nif pid == 0:\n    print("child", flush=True)\n    os._exit(3)\n'
            'print(os.waitpid(pid, 0)[1], "parent")\n',
    'fork to the end': 'import os, sys\nif os.fork():\n    os.wait()\n    print("parent")\nelse:\n    print("child")\n',
    'subprocess': 'import subprocess, sys\nprint(subprocess.run([sys.executable, "-c", "import sys; print(1); '
                  'sys.exit(2)"], '
                  'stdout=subprocess.PIPE))\n',
    'threads': 'import threading, time\ndef f():\n    time.sleep(0.05)\n    print("thread")\n'
               'threading.Thread(target=f).start()\n'
               'print("main")\n',
    'thread exception': 'import threading\ndef f(): 1 / 0\nt = threading.Thread(target=f, name="T")\nt.start()\n'
                        't.join()\n'
                        'print("on")\n',
    'daemon thread': 'import threading, time\nthreading.Thread(target=time.sleep, args=(60,), '
                     'daemon=True).start()\nprint("x")\n',
    'pool': 'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as p: '
            'print(list(p.map(abs, [-1])))\n'
            'ThreadPoolExecutor(1).submit(print, "late")\n',
    'multiprocessing': 'import multiprocessing as m\ndef f(x): return x + 1\nif __name__ == "__main__":\n'
                       '    with m.get_context("fork").Pool(1) as p: print(p.map(f, [1, 2]))\n'
                       '    with m.get_context("spawn").Pool(1) as p: print(p.map(f, [1, 2]))\n',
    'at exit': 'import atexit\natexit.register(print, "one")\natexit.register(print, "two")\nprint("main")\n',
    'at exit fails': 'import atexit\natexit.register(print, "one")\n@atexit.register\ndef f(): sys.exit(3)\n'
                     'import sys\n',
    'finalizers': 'class A:\n    def __init__(self, n): self.n = n\n    def __del__(self): print("del", self.n)\n'
                  'a = A(1)\n_b = A(2)\nc = A(3); c.c = c\nprint("end")\n',
    'finalizers after an exception': 'import os\nclass A:\n    def __init__(self, n): self.n = n\n'
                                     '    def __del__(self): print("del", self.n, os.sep)\n'
                                     'a = A(1)\nb = A(2)\ndef f():\n    1 / 0\nf()\n',
    'finalizers that use globals': 'import os\nvalue = 3\nclass A:\n    def __del__(self): print(os.sep, value, f())\n'
                                   'def f(): return value\na = A()\n',
    'finalizer fails': 'class A:\n    def __del__(self): 1 / 0\na = A()\ndel a\nprint("on")\n',
    'unflushed file': 'f = open("unflushed.out", "w")\nf.write("kept")\n',
    'read it': 'print(open("unflushed.out").read())\n',
    'excepthook': 'import sys\ndef hook(t, v, tb): print("hook", t.__name__, v, tb.tb_frame.f_code.co_name, '
                  'tb.tb_next)\n'
                  'sys.excepthook = hook\nraise ValueError(3)\n',
    'excepthook fails': 'import sys\ndef hook(t, v, tb): raise KeyError(1)\nsys.excepthook = hook\nraise '
                        'ValueError(3)\n',
    'excepthook exits': 'import sys\ndef hook(t, v, tb): sys.exit(5)\nsys.excepthook = hook\nraise ValueError(3)\n',
    'unraisablehook': 'import sys\nsys.unraisablehook = lambda u: print("unraisable", u.exc_type)\nclass A:\n'
                      '    def __del__(self): 1 / 0\nA()\nraise ValueError(1)\n',
    'pickle': 'import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)\nimport '
              '__main__\nprint(__main__.A is A)\n',
    'imports beside it': 'import beside\nprint(beside.value, beside.__file__)\n',
    'warnings': 'import warnings\nwarnings.warn("one")\nwarnings.warn("two", DeprecationWarning)\n'
                'def f(): warnings.warn("three", stacklevel=2)\nf()\n',
    'closed stdout': 'import sys\nprint("x")\nsys.stdout.close()\n',
    'closed descriptor': 'import os\nprint("x")\nos.close(1)\n',
    'modules': 'import sys\nprint([name for name in sys.modules if "portico" in name or "forkserver" in name])\n'
               'import json\nprint(hasattr(json, "left_behind"))\njson.left_behind = True\n',
    'coroutine': 'import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 3\nprint(asyncio.run(f()))\n',
    'trace': 'import sys\nsys.settrace(lambda *a: None)\nprint("x")\n',
    'large output': 'print("x" * 300000)\n',
    'errors are not late': 'import sys\nsys.stderr.write("e")\nprint("o")\n',
    'namespace': 'def f(): return later\nlater = 4\nprint(f(), [later for _ in (1,)], eval("later"))\nexec("y = '
                 '5")\nprint(y)\n',
    'rlimit': 'import resource\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime)\n',
}
#: Repeated with these flags behind the interpreter.
_FLAGS = ('-u', '-E', '-I', '-sS', '-O', '-B', '-Werror', '-Xutf8', '-Xdev')


class SameTest(unittest.TestCase):
    def _both(self, text: str, name: str = 'script.cgi', **variables: str) -> Tuple[Reply, Reply]:
        variables.setdefault('HTTP_X', '\xe4\xff')
        replies = []
        for launched in (self.executed, self.warm):
            path = launched.script('', name)
            with open(path, 'wb') as file:
                file.write(text.encode('utf-8', 'surrogateescape'))
            replies.append(launched.ask(path, **variables))
        return replies[0], replies[1]

    @classmethod
    def setUpClass(cls) -> None:
        cls.executed, cls.warm = Launched(), Launched(warm=True)
        for launched in (cls.executed, cls.warm):
            launched.script('value = 3\n', 'beside.py', 0o644)

    @classmethod
    def tearDownClass(cls) -> None:
        for launched in (cls.executed, cls.warm):
            launched.stop()
            said = launched.output('stderr')
            launched.__exit__(None, None, None)
            assert not said, said.decode()

    def _plain(self, launched: Launched, octets: bytes) -> str:
        """Without what differs anyway: directories, addresses, numbers of processes and threads."""
        text = octets.decode('utf-8', 'replace').replace(launched.scripts, 'SCRIPTS')
        text = re.sub(r'0x[0-9a-f]{6,}', '0xADDRESS', text)
        return re.sub(r'(Thread-\d+|pid=\d+|MainThread.*\d{6,})', 'NUMBER', text)

    def _compare(self, text: str, **variables: str) -> Reply:
        executed, warm = self._both(text, **variables)
        for what in ('stdout', 'stderr'):
            self.assertEqual(
                self._plain(self.warm, getattr(warm, what)), self._plain(self.executed, getattr(executed, what)), what
            )
        self.assertEqual(warm.status, executed.status)
        return executed

    def test_says_the_same(self) -> None:
        for name, text in _SCRIPTS.items():
            with self.subTest(name):
                self._compare(f'#!{sys.executable}\n{text}')

    def test_says_the_same_again(self) -> None:
        text = f'#!{sys.executable}\n{_SCRIPTS["modules"]}'
        for _ in range(2):
            self.assertIn(b'False', self._compare(text).stdout)

    def test_has_the_flags_of_its_first_line(self) -> None:
        for flag in _FLAGS:
            for name in ('interpreter', 'warnings', 'exit text', 'finalizers'):
                with self.subTest(flag=flag, script=name):
                    self._compare(f'#!{sys.executable} {flag}\n{_SCRIPTS[name]}')

    def test_is_found_by_env(self) -> None:
        name = os.path.basename(sys.executable)
        for line in (f'/usr/bin/env {name}', f'/usr/bin/env -S {name} -E -W error'):
            with self.subTest(line):
                self._compare(f'#!{line}\n{_SCRIPTS["interpreter"]}')

    def test_has_its_arguments(self) -> None:
        reply = self._compare(f'#!{sys.executable}\nimport sys\n'
                              f'print(ascii(sys.argv[1:]))\n', QUERY_STRING='a+b%20c+%e4')
        self.assertEqual(reply.stdout, b"['a', 'b c', '\\udce4']\n")

    def test_ends_as_expected(self) -> None:
        """That both ways do the same is no proof that it is right."""
        expected: Any = {
            'exit code': (7, b'', b'ended with exit code 7\n'),
            'exit text': (0, b'out\n', b'words\n'),
            'terminated': (128 + signal.SIGTERM, b'', b'was ended by signal 15 (SIGTERM)\n'),
            'killed': (128 + signal.SIGKILL, b'x\n', b'was ended by signal 9 (SIGKILL)\n'),
            'keyboard interrupt': (128 + signal.SIGINT, b'', b'KeyboardInterrupt\n'),
            'exit none': (0, b'x\n', b''),
            'finalizers': (0, None, b''),
            'read it': (0, b'kept\n', b''),
        }
        for name, (status, stdout, stderr) in expected.items():
            if name == 'read it':
                self._both(f'#!{sys.executable}\n{_SCRIPTS["unflushed file"]}')
            for reply in self._both(f'#!{sys.executable}\n{_SCRIPTS[name]}'):
                with self.subTest(name):
                    self.assertEqual(reply.status, status)
                    self.assertIn(stderr, reply.stderr)
                    if stdout is not None:
                        self.assertEqual(reply.stdout, stdout)
