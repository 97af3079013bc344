#!/usr/bin/python3
"""Writes the octets that the query is when it is decoded."""
import os
import sys
from urllib.parse import unquote_to_bytes

sys.stdout.buffer.write(unquote_to_bytes(os.environ['QUERY_STRING']))
