#!/usr/bin/python3
"""All octets, again and again: as many MiB as the query says."""
import os
import sys

sys.stdout.buffer.write(b'Content-Type: application/octet-stream\n\n')
piece = bytes(range(256)) * 4096
for _ in range(int(os.environ['QUERY_STRING'])):
    sys.stdout.buffer.write(piece)
