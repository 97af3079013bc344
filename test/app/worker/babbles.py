import time

from control import configuration, lines

configuration()
lines.write("this is no JSON\n")
lines.flush()
time.sleep(600)
