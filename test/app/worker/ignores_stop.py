import signal
import time

from control import configuration, ready

signal.signal(signal.SIGTERM, signal.SIG_IGN)
configuration()
ready()
time.sleep(600)
