#!/usr/bin/python3
"""Never looks at its input."""
print('Content-Type: text/plain\n\nunread')
