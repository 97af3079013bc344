import os
import time

from control import configuration, follow, ready

configuration()
pid = os.fork()
if pid == 0:
    time.sleep(600)
print(f"grandchild {pid}", flush=True)
ready()
follow()
