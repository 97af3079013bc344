from control import configuration, follow, ready

configuration()
ready()
follow()
