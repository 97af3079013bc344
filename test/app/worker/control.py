"""The worker's side of the control protocol, as short as it goes: for stand-ins that need no application."""

import json
import os
import socket
import sys

lifeline = socket.socket(fileno=3)
lines = lifeline.makefile("rw", encoding="utf-8")


def configuration():
    return json.loads(lines.readline())


def say(**event):
    lines.write(json.dumps(event) + "\n")
    lines.flush()


def ready():
    say(event="ready", pid=os.getpid(), python="3", executable=sys.executable, took=0.01)


def follow():
    """Obeys until told to stop; ends at once when the supervisor is gone."""
    while True:
        line = lines.readline()
        if line == "":
            os._exit(1)
        command = json.loads(line)
        if command["command"] == "stop":
            sys.exit(0)
        say(event="stacks", threads=[{"request": "r1", "stack": "at work"}])
