from control import configuration, follow

configuration()
follow()
