import json
import os

from control import configuration, follow, ready

configuration()
print(json.dumps([int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]))
print(json.dumps(dict(os.environ)))
ready()
follow()
