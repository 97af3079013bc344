#!/usr/bin/python3
"""Writes lines to stderr, as many as the query says."""
import os
import sys

print('Content-Type: text/plain\n')
for number in range(int(os.environ['QUERY_STRING'])):
    sys.stderr.write(f'line {number} ' + 'e' * 90 + '\n')
print('done')
