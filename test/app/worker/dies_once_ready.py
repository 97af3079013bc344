import os
import signal

from control import configuration, ready

configuration()
ready()
os.kill(os.getpid(), signal.SIGSEGV)
