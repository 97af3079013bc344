import sys

from control import configuration, follow, ready

configuration()
sys.stdout.buffer.write(b"\x01req-1\x02in a request\nbinary \xff\xfe\n" + b"x" * 20000 + b"\n")
sys.stdout.buffer.write(b"no end")
sys.stdout.flush()
print("to stderr", file=sys.stderr)
ready()
follow()
