#!/usr/bin/python3
"""What a script is given: its environ, arguments, directory, descriptors."""
import json
import os
import sys

environ = {name.decode('latin-1'): value.decode('latin-1') for name, value in os.environb.items()}
open_now = sorted(int(name) for name in os.listdir('/proc/self/fd'))
# One of them is the directory that is being listed.
descriptors = [number for number in open_now if os.path.exists(f'/proc/self/fd/{number}')]
print('Content-Type: application/json\n')
print(json.dumps({
    'environ': environ, 'argv': sys.argv[1:], 'script': sys.argv[0], 'directory': os.getcwd(),
    'descriptors': descriptors, 'path': sys.path[0], 'name': __name__, 'file': __file__,
    'group': os.getpgrp(), 'pid': os.getpid(), 'umask': os.umask(0o22),
    'kinds': [oct(os.fstat(number).st_mode & 0o170000) for number in (0, 1, 2)],
}))
