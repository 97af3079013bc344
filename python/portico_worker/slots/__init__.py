"""Threads that answer the requests of our HTTP processes, and their connections."""
