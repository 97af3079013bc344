"""Input, output and errors of scripts: nothing lost, nothing late, no deadlock in any order (RFC 3875, 4.2 and 6.4)."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Any

from ..client import Client, head_of, request
from portico_worker.fastcgi.records import END, STDERR, STDIN, STDOUT, record, split

from .both_ways import Ways
from .launched import until

_MIB = 1 << 20


def _cases(warm: bool) -> Any:
    class Streams(Ways):
        def _answer_to(self, client: Client, script: str, blocks: int, **variables: str) -> Any:
            """Sends the input from another thread while the answer is read here."""
            length = blocks * _MIB
            client.socket.sendall(head_of(SCRIPT_FILENAME=script, CONTENT_LENGTH=str(length), **variables))

            def send() -> None:
                for _ in range(blocks):
                    client.socket.sendall(split(STDIN, 1, bytes(_MIB)))
                client.socket.sendall(record(STDIN, 1))

            sender = threading.Thread(target=send, daemon=True)
            sender.start()
            reply = client.reply()
            sender.join(20)
            self.assertFalse(sender.is_alive())
            return reply

        def test_gives_exactly_the_input_and_its_end(self) -> None:
            text = (
                'import hashlib, sys\ndata = sys.stdin.buffer.read()\n'
                'print()\nprint(len(data), hashlib.md5(data).hexdigest())\n'
            )
            for size in (0, 1, 4095, 4096, 65535, 65536, 65537, _MIB):
                with self.subTest(size=size):
                    body = bytes(range(256)) * (size // 256 + 1)
                    body = body[:size]
                    answer = self.python(text, body)
                    self.assertEqual(answer.stdout.split(), [b'%d' % size, hashlib.md5(body).hexdigest().encode()])
                    self.assertEqual((answer.status, answer.stderr), (0, b''))
            self.assertEqual(self.python(text).stdout.split()[0], b'0')  # no input has an end too

        def test_streams_are_pipes(self) -> None:
            text = 'import os, stat\nprint()\nfor d in 0, 1, 2: print(stat.S_ISFIFO(os.fstat(d).st_mode), end=" ")\n'
            for body in (None, b'x'):
                self.assertEqual(self.python(text, body).stdout.split(), [b'True'] * 3)

        def test_echoes_more_than_all_buffers_hold(self) -> None:
            script = self.launched.script(
                '#!python\nimport sys\nprint(flush=True)\nn = 0\nwhile True:\n'
                '    data = sys.stdin.buffer.read1(65536)\n    if not data: break\n    sys.stdout.buffer.write(data)\n'
            )
            client = self.launched.client()
            reply = self._answer_to(client, script, 100)
            self.assertEqual((len(reply.stdout), reply.status), (100 * _MIB + 1, 0))
            self.assertEqual(client.ask(request(b'again', SCRIPT_FILENAME=script)).stdout, b'\nagain')
            client.close()

        def test_answers_before_it_reads(self) -> None:
            script = self.launched.script(
                '#!python\nimport sys\nsys.stdout.write("x" * 2000000)\nsys.stdout.flush()\n'
                'print(len(sys.stdin.buffer.read()))\n'
            )
            client = self.launched.client()
            reply = self._answer_to(client, script, 2)
            self.assertEqual(reply.stdout[2000000:], b'%d\n' % (2 * _MIB))
            client.close()

        def test_needs_no_reader_for_its_input(self) -> None:
            script = self.launched.script('#!python\nprint("\\nfirst", flush=True)\nimport os, time\n'
                                          'os.close(0)\nprint("last")\n')
            client = self.launched.client()
            reply = self._answer_to(client, script, 3)
            self.assertEqual((reply.stdout, reply.status), (b'\nfirst\nlast\n', 0))
            self.assertEqual(client.ask(request(SCRIPT_FILENAME=script)).stdout, b'\nfirst\nlast\n')
            client.close()

        def test_sends_the_first_octets_while_it_runs(self) -> None:
            script = self.launched.script('#!python\nimport sys\nprint("first", flush=True)\nsys.stdin.read()\n'
                                          'print("last")\n')
            client = self.launched.client()
            client.socket.sendall(head_of(SCRIPT_FILENAME=script))
            self.assertEqual(client.next_record(), (STDOUT, 1, b'first\n'))
            client.socket.sendall(record(STDIN, 1))
            self.assertEqual(client.reply().stdout, b'last\n')
            client.close()

        def test_relays_errors_beside_the_output(self) -> None:
            reply = self.python('import sys\nsys.stderr.write("e" * 3000000)\nprint("fine")\n')
            self.assertEqual((len(reply.stderr), reply.stdout, reply.status), (3000000, b'fine\n', 0))
            self.assertEqual(reply.kinds[-3:], [STDOUT, STDERR, END])

        def test_reads_no_more_than_the_connection_takes(self) -> None:
            told = os.path.join(self.launched.scripts, 'told')
            script = self.launched.script(
                '#!python\nimport os, time\nos.set_blocking(1, False)\nwritten = tries = 0\n'
                'while tries < 40:\n    try:\n        written += os.write(1, b"x" * 4096)\n        tries = 0\n'
                '    except BlockingIOError:\n        tries += 1\n        time.sleep(0.005)\n'
                f'open({told!r} + ".new", "w").write(str(written))\nos.rename({told!r} + ".new", {told!r})\n'
            )
            client = self.launched.client()
            client.socket.sendall(request(SCRIPT_FILENAME=script))
            until(lambda: os.path.exists(told), 'the script to give up')
            reply = client.reply()
            with open(told) as file:
                self.assertEqual(len(reply.stdout), int(file.read()))
            os.unlink(told)
            self.assertLess(len(reply.stdout), _MIB)
            client.close()

    Streams.warm = warm
    return Streams


class ExecutedStreamsTest(_cases(False)):  # type: ignore[misc]
    """By exec."""


class WarmStreamsTest(_cases(True)):  # type: ignore[misc]
    """By fork."""
