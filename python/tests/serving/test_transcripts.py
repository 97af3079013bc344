"""Golden transcripts: what is sent and what is answered, octet for octet, however the octets come (FastCGI 1.0, appendix B)."""

from __future__ import annotations

import os
import socket
import unittest
from typing import Iterator, List, Tuple

from .served import Served

FOLDER = os.path.join(os.path.dirname(__file__), 'transcripts')


def octets(text: str) -> bytes:
    """Hexadecimal digits; "..." are ASCII characters; what follows # is said to people."""
    found = bytearray()
    for line in text.splitlines():
        for at, part in enumerate(line.partition('#')[0].split('"')):
            found += part.encode('ascii').replace(b'\\r\\n', b'\r\n') if at % 2 else bytes.fromhex(part)
    return bytes(found)


def transcripts() -> Iterator[Tuple[str, bytes, bytes]]:
    for name in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, name), encoding='ascii') as file:
            _, sent, answered = file.read().split('---\n')
        yield name, octets(sent), octets(answered)


class TranscriptsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.served = Served('--threads', '1', app='hello')

    @classmethod
    def tearDownClass(cls) -> None:
        cls.served.__exit__()

    def answer(self, pieces: List[bytes], length: int) -> bytes:
        """All that comes until as much is there as is expected, and whatever comes with it."""
        sock = self.served.connect()
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            for piece in pieces:
                sock.sendall(piece)
            found = b''
            while len(found) < length:
                data = sock.recv(65536)
                if not data:
                    break
                found += data
            return found
        finally:
            sock.close()

    def test_whole(self) -> None:
        for name, sent, answered in transcripts():
            with self.subTest(name):
                self.assertEqual(self.answer([sent], len(answered)), answered)

    def test_octet_by_octet(self) -> None:
        for name, sent, answered in transcripts():
            with self.subTest(name):
                pieces = [sent[at : at + 1] for at in range(len(sent))]
                self.assertEqual(self.answer(pieces, len(answered)), answered)

    def test_split_in_two_anywhere(self) -> None:
        for name, sent, answered in transcripts():
            for at in range(1, len(sent)):
                with self.subTest(name, at=at):
                    self.assertEqual(self.answer([sent[:at], sent[at:]], len(answered)), answered)


if __name__ == '__main__':
    unittest.main()
