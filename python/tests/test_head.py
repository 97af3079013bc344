"""What start_response accepts (PEP 3333) and how it is written."""

from __future__ import annotations

import unittest
from typing import Any

from portico_worker.wsgi.head import head_bytes


class HeadTest(unittest.TestCase):
    def test_keeps_status_order_duplicates_and_latin_1(self) -> None:
        fields = [('Set-Cookie', 'a=1'), ('X-Name', 'caf\xe9'), ('Set-Cookie', 'b=2'), ('X-Empty', ''), ('X-Tab', 'a\tb')]
        for _ in range(2):
            head, length = head_bytes('299 Odd Reason', fields)
            self.assertEqual(
                head, b'Status: 299 Odd Reason\r\nSet-Cookie: a=1\r\nX-Name: caf\xe9\r\nSet-Cookie: b=2\r\nX-Empty: \r\nX-Tab: a\tb\r\n'
            )
            self.assertEqual(length, -1)

    def test_finds_content_length_in_any_case(self) -> None:
        self.assertEqual(head_bytes('200 OK', [('content-LENGTH', ' 12 ')]), (b'Status: 200 OK\r\nContent-Length: 12\r\n', 12))
        self.assertEqual(head_bytes('200 OK', [('X-Content-Length', '7')])[1], -1)

    def refused(self, error: Any, words: str, status: Any, fields: Any) -> None:
        for _ in range(2):
            with self.assertRaises(error) as caught:
                head_bytes(status, fields)
            self.assertIn(words, str(caught.exception))

    def test_refuses_a_status_that_is_none(self) -> None:
        for status in ('200', '', 'OK', '20 OK', '2000 OK', '100 Continue', '099 No'):
            self.refused(ValueError, 'must look like', status, [])
        self.refused(TypeError, 'must be str, not int', 200, [])
        self.refused(TypeError, 'must be str, not bytes', b'200 OK', [])
        self.refused(TypeError, 'must be str, not list', [], [])
        self.refused(ValueError, 'control character', '200 OK\r\nX: y', [])
        self.refused(ValueError, 'ISO-8859-1', '200 \u4f60', [])

    def test_refuses_fields_that_are_not_a_list_of_tuples_of_text(self) -> None:
        for fields in ((('A', 'b'),), {'A': 'b'}, None, 'A: b'):
            self.refused(TypeError, 'must be a list', '200 OK', fields)
        for field in (['A', 'b'], 'A: b', ('A',), ('A', 'b', 'c'), None):
            self.refused(TypeError, 'must be a tuple (name, value)', '200 OK', [field])
        self.refused(TypeError, 'must be str, not bytes', '200 OK', [(b'A', 'b')])
        self.refused(TypeError, 'must be str, not int', '200 OK', [('Content-Length', 5)])
        self.refused(TypeError, 'must be str, not list', '200 OK', [('A', ['b'])])

    def test_refuses_what_could_inject(self) -> None:
        for value in ('a\r\nB: c', 'a\nb', 'a\0b', 'a\x7f', '\x01'):
            self.refused(ValueError, 'control character', '200 OK', [('A', value)])
            self.refused(ValueError, 'control character', '200 OK', [(value, 'b')])
        for name in ('', 'A B', 'A:', 'caf\xe9', '(x)'):
            self.refused(ValueError, 'is not a field name', '200 OK', [(name, 'b')])

    def test_refuses_what_is_not_latin_1_with_advice(self) -> None:
        self.refused(ValueError, 'encode it first', '200 OK', [('A', '\u4f60')])

    def test_refuses_hop_by_hop_and_reserved_fields(self) -> None:
        for name in ('Connection', 'keep-alive', 'Transfer-Encoding', 'TE', 'Upgrade', 'Trailers', 'Proxy-Authenticate'):
            self.refused(ValueError, 'hop-by-hop', '200 OK', [(name, 'x')])
        for name in ('Status', 'x-portico-failure'):
            self.refused(ValueError, 'reserved', '200 OK', [(name, 'x')])

    def test_refuses_a_bad_content_length(self) -> None:
        for value in ('', '-1', '1.5', 'x', '0x10', '9' * 30, '\xb2'):
            self.refused(ValueError, 'must be a number', '200 OK', [('Content-Length', value)])
        self.refused(ValueError, 'more than once', '200 OK', [('Content-Length', '1'), ('Content-Length', '1')])

    def test_remembers_a_bounded_number_of_lines(self) -> None:
        for number in range(5000):
            head_bytes('200 OK', [('X-Number', str(number))])
        from portico_worker.wsgi import head

        self.assertLessEqual(len(head._field_line.__self__), 1024)
