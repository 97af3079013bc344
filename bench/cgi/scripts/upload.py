#!/usr/bin/python3
"""How many octets came in."""
import sys

print('Content-Type: text/plain')
print()
print(len(sys.stdin.buffer.read()))
