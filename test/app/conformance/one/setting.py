"""The same name in two applications."""

VALUE = b'one'
