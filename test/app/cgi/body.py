#!/usr/bin/python3
"""Reads exactly CONTENT_LENGTH octets, then looks for the end."""
import hashlib
import os
import sys

length = int(os.environ.get('CONTENT_LENGTH', '0'))
seen = hashlib.sha256()
left = length
while left > 0:
    piece = sys.stdin.buffer.read(min(left, 1 << 16))
    if not piece:
        break
    seen.update(piece)
    left -= len(piece)
rest = sys.stdin.buffer.read()
print('Content-Type: text/plain\n')
print(length, length - left, len(rest), seen.hexdigest())
