#!/usr/bin/python3
"""Says nothing, with a child, and ignores SIGTERM; its pids go to the file of the query."""
import os
import signal
import subprocess
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(['/bin/sleep', '60'])
with open(os.environ['QUERY_STRING'] + '.new', 'w') as file:
    file.write(f'{os.getpid()} {child.pid}')
os.rename(os.environ['QUERY_STRING'] + '.new', os.environ['QUERY_STRING'])
time.sleep(60)
