"""The WSGI applications of the tour: one a module, each named `application`."""
