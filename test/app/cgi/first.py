#!/usr/bin/python3
"""Writes a megabyte before it reads anything."""
import sys

sys.stdout.write('Content-Type: text/plain\n\n' + 'x' * (1 << 20))
sys.stdout.flush()
print(len(sys.stdin.buffer.read()))
