"""Ready; dies by SIGKILL when somebody connects to its socket."""

import os
import signal
import socket
import threading

from control import configuration, follow, ready


def wait(listener):
    listener.accept()
    os.kill(os.getpid(), signal.SIGKILL)


listener = socket.socket(socket.AF_UNIX)
listener.bind(configuration()["socket"])
listener.listen()
threading.Thread(target=wait, args=(listener,), daemon=True).start()
ready()
follow()
