"""The record codec: the same records whatever the chunking."""

from __future__ import annotations

import random
import unittest
from typing import List

from portico_worker.records import (
    BEGIN, END, GET_VALUES, HEADER, MALFORMED, MAX_CONTENT, PARAMS, STDERR, STDIN, STDOUT, Record, RecordDecoder,
    end_request, record, split, tail,
)


def padded(kind: int, request_id: int, content: bytes, padding: int) -> bytes:
    return HEADER.pack(1, kind, request_id, len(content), padding) + content + b'P' * padding


STREAM = (
    padded(BEGIN, 1, b'\0\1\1\0\0\0\0\0', 7) + record(PARAMS, 1, b'abc') + padded(PARAMS, 1, b'', 255)
    + record(STDIN, 65535, b'x' * 300) + record(GET_VALUES, 0)
)
RECORDS: List[Record] = [
    (BEGIN, 1, b'\0\1\1\0\0\0\0\0'), (PARAMS, 1, b'abc'), (PARAMS, 1, b''), (STDIN, 65535, b'x' * 300), (GET_VALUES, 0, b''),
]


class RecordDecoderTest(unittest.TestCase):
    def test_reads_a_whole_stream_at_once(self) -> None:
        decoder = RecordDecoder()
        self.assertEqual(decoder.feed(STREAM), RECORDS)
        self.assertTrue(decoder.empty)

    def test_reads_the_same_split_at_every_octet(self) -> None:
        for at in range(len(STREAM)):
            decoder = RecordDecoder()
            self.assertEqual(decoder.feed(STREAM[:at]) + decoder.feed(STREAM[at:]), RECORDS, at)

    def test_reads_the_same_octet_by_octet(self) -> None:
        decoder = RecordDecoder()
        found: List[Record] = []
        for at in range(len(STREAM)):
            found += decoder.feed(STREAM[at : at + 1])
        self.assertEqual(found, RECORDS)

    def test_keeps_the_largest_record_whole(self) -> None:
        stream = padded(STDIN, 1, b'z' * 65535, 255)
        decoder = RecordDecoder()
        self.assertEqual(decoder.feed(stream[:-1]), [])
        self.assertEqual(decoder.feed(stream[-1:]), [(STDIN, 1, b'z' * 65535)])

    def test_says_malformed_once_whatever_the_chunking(self) -> None:
        stream = record(PARAMS, 1, b'abc') + b'\x09garbage and more garbage'
        expected = [(PARAMS, 1, b'abc'), MALFORMED]
        for size in (1, 7, 1000):
            decoder = RecordDecoder()
            found: List[Record] = []
            for at in range(0, len(stream), size):
                found += decoder.feed(stream[at : at + size])
            self.assertEqual([found[0], found[1][0]], expected)
            self.assertEqual(len(found), 2)
            self.assertEqual(decoder.feed(record(PARAMS, 1)), [])

    def test_survives_random_octets(self) -> None:
        source = random.Random(20240101)
        for _ in range(10000):
            decoder = RecordDecoder()
            data = bytes(source.randrange(256) for _ in range(source.randrange(40)))
            decoder.feed(source.choice([b'', b'\x01', b'\x01\x04\0\1']) + data)


class RecordTest(unittest.TestCase):
    def test_splits_long_content_into_records(self) -> None:
        content = bytes(range(256)) * 600
        found = RecordDecoder().feed(split(STDERR, 3, content))
        self.assertEqual([len(part) for _, _, part in found], [MAX_CONTENT, MAX_CONTENT, len(content) - 2 * MAX_CONTENT])
        self.assertEqual(b''.join(part for _, _, part in found), content)

    def test_writes_end_request_as_the_specification_does(self) -> None:
        self.assertEqual(end_request(258, 1, 2), b'\x01\x03\x01\x02\x00\x08\x00\x00' + b'\0\0\0\1\2\0\0\0')

    def test_ends_only_the_streams_that_were_used(self) -> None:
        kinds = [kind for kind, _, _ in RecordDecoder().feed(tail(1, 0, False))]
        self.assertEqual(kinds, [STDOUT, END])
        kinds = [kind for kind, _, _ in RecordDecoder().feed(tail(1, 0, True))]
        self.assertEqual(kinds, [STDOUT, STDERR, END])
