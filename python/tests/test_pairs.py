"""Name-value pairs and the remembered start of a request."""

from __future__ import annotations

import unittest
from typing import Any, Dict

from portico_worker.slots.opening import Openings
from portico_worker.fastcgi.pairs import decode, decode_into, encode
from portico_worker.fastcgi.records import PARAMS, STDIN, record

from .client import CONSTANT, VARYING, head_of, request


class PairsTest(unittest.TestCase):
    def test_reads_what_it_writes_at_every_boundary_of_lengths(self) -> None:
        for name_size in (1, 127, 128, 300):
            for value_size in (0, 127, 128, 70000):
                pairs = {'N' * name_size: 'v' * value_size, 'NEXT': 'x'}
                self.assertEqual(decode(encode(pairs.items())), pairs)

    def test_accepts_long_lengths_for_short_text(self) -> None:
        self.assertEqual(decode(b'\x80\0\0\1\x80\0\0\2Abc'), {'A': 'bc'})

    def test_decodes_latin_1(self) -> None:
        self.assertEqual(decode(b'\1\3A\xe4\xbd\xa0'), {'A': '\xe4\xbd\xa0'})

    def test_refuses_every_truncation(self) -> None:
        content = encode([('NAME', 'value'), ('LONG', 'x' * 200)])
        whole = {0, len(encode([('NAME', 'value')])), len(content)}
        for at in range(len(content)):
            if at not in whole:
                self.assertFalse(decode_into({}, content[:at]), at)
        with self.assertRaises(ValueError):
            decode(content[:-1])
        self.assertFalse(decode_into({}, b'\xff\xff\xff\xff\xff\xff\xff\xffx'))


class OpeningsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.openings = Openings({'wsgi.version': (1, 0)})
        self.expected: Dict[str, Any] = dict(CONSTANT, **VARYING)
        self.expected['wsgi.version'] = (1, 0)

    def test_reads_a_whole_request_the_first_and_the_second_time(self) -> None:
        for _ in range(2):
            self.assertEqual(self.openings.read(request()), (self.expected, 1, True, None))

    def test_gives_every_request_its_own_environ(self) -> None:
        first = self.openings.read(request())
        assert first is not None
        first[0]['SERVER_NAME'] = 'changed'
        self.assertEqual(self.openings.read(request()), (self.expected, 1, True, None))

    def test_hands_back_the_octets_of_a_body(self) -> None:
        found = self.openings.read(request(b'body'))
        assert found is not None
        self.assertEqual(found[3], record(STDIN, 1, b'body') + record(STDIN, 1))
        found = self.openings.read(head_of())
        assert found is not None
        self.assertEqual(found[3], b'')

    def test_leaves_everything_else_to_the_general_path(self) -> None:
        data = request()
        self.openings.read(data)
        for at in range(len(data) - 16):
            self.assertIsNone(self.openings.read(data[:at]), at)
        self.assertIsNone(self.openings.read(b''))
        self.assertIsNone(self.openings.read(b'\x09' + data[1:]))
        self.assertIsNone(self.openings.read(data[:6] + b'\x08' + data[7:]))
        self.assertIsNone(self.openings.read(head_of(role=2)))

    def test_does_not_remember_a_lone_params_record(self) -> None:
        lone = request()[:16] + record(PARAMS, 1, encode(VARYING.items())) + record(PARAMS, 1) + record(STDIN, 1)
        self.assertIsNone(self.openings.read(lone))
        self.assertEqual(len(self.openings._known), 0)

    def test_forgets_rather_than_grows(self) -> None:
        for number in range(1, 400):
            self.openings.read(request(request_id=number))
        self.assertLessEqual(len(self.openings._known), 128)
