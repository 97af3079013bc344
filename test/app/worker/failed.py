import sys

from control import configuration, say

application = configuration()["wsgi"]
say(event="failed", reason="module-not-found", message=f'No module for "{application}"', hint="Look", traceback="T")
sys.exit(3)
