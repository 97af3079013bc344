"""The record codec: the same records whatever the chunking."""

from __future__ import annotations

import os
import random
import unittest
from typing import List

from portico_worker.fastcgi.records import (
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

    def test_keeps_nothing_of_what_is_no_record(self) -> None:
        decoder = RecordDecoder()
        self.assertEqual(len(decoder.feed(record(PARAMS, 1) + b'\x09' * 1_000_000)), 2)
        self.assertEqual(len(decoder._buffer), 0)
        self.assertFalse(decoder.empty)


MAX_RECORD = HEADER.size + 65535 + 255


def mutated(source: random.Random, seeds: List[bytes]) -> bytes:
    data = bytearray(source.choice(seeds))
    for _ in range(source.randrange(1, 5)):
        at = source.randrange(len(data) + 1)
        what = source.randrange(5)
        if what == 0 and at < len(data):
            data[at] ^= 1 << source.randrange(8)
        elif what == 1:
            data[at:at] = bytes([source.choice(b'\x00\x01\x04\x05\x06\x09\x7f\x80\xff')])
        elif what == 2:
            del data[at : at + source.choice((1, 4, 16))]
        elif what == 3:
            data[at:at] = source.choice(seeds)[: source.randrange(24)]
        else:
            data[at:] = source.choice(seeds)[source.randrange(8) :]
    return bytes(data)


def laid_out(data: bytes) -> List[Record]:
    """The records of the specification, found in octets that are all there."""
    found: List[Record] = []
    at = 0
    while len(data) - at >= HEADER.size:
        version, kind, request_id, length, padding = HEADER.unpack_from(data, at)
        if version != 1 or kind == MALFORMED:
            return found + [(MALFORMED, request_id, b'')]
        end = at + HEADER.size + length
        if end + padding > len(data):
            break
        found.append((kind, request_id, data[at + HEADER.size : end]))
        at = end + padding
    return found


class RecordDecoderFuzz(unittest.TestCase):
    """Any octets: the records that are there, nothing kept beyond one that is not whole, no other end than MALFORMED."""

    def test_gives_the_records_of_mutated_streams(self) -> None:
        inputs = int(os.environ.get('PORTICO_FUZZ_INPUTS', '40000')) // 10
        source = random.Random(int(os.environ.get('PORTICO_FUZZ_SEED', '20261125')))
        seeds = [STREAM, record(PARAMS, 1, b'ab' * 300), padded(STDIN, 1, b'', 255), tail(1, 0, True), STREAM[:40]]
        for _ in range(inputs):
            data = mutated(source, seeds)
            decoder = RecordDecoder()
            found: List[Record] = []
            at = 0
            longest = source.choice((1, 5, 50, 5000))
            while at < len(data):
                step = source.randrange(1, longest + 1)
                found += decoder.feed(data[at : at + step])
                at += step
                self.assertLessEqual(len(decoder._buffer), MAX_RECORD, data)
            self.assertEqual(found, laid_out(data), data)


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
