#!/usr/bin/python3
"""Ends as the query says: exit:N, kill:N, raise, with head- before it after the first of the output."""
import os
import sys

how = os.environ['QUERY_STRING']
if how.startswith('head-'):
    sys.stdout.write('Content-Type: text/plain\n\nbegun\n')
    sys.stdout.flush()
    how = how[5:]
word, _, number = how.partition(':')
if word == 'exit':
    sys.exit(int(number))
if word == 'kill':
    os.kill(os.getpid(), int(number))
raise ValueError('as you wish')
