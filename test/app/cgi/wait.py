#!/usr/bin/python3
"""Says who it is, then waits until somebody ends it or the file of the query is there."""
import os
import sys
import time

path = os.environ['QUERY_STRING']
sys.stdout.write(f'Content-Type: text/plain\n\n{os.getpid()}\n')
sys.stdout.flush()
while not os.path.exists(path):
    time.sleep(0.01)
print('went on')
