import sys

from control import configuration, follow, ready

configuration()
for _ in range(200):
    sys.stderr.write("a line of a flood\n" * 500)
ready()
follow()
