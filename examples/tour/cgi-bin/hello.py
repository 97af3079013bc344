#!/usr/bin/env python3
"""A CGI script: the request is in its environment, what it prints is the answer. It lives for this one request."""

import os

print('Content-Type: text/plain; charset=utf-8')
print()
print('You are', os.environ['REMOTE_ADDR'])
print('I am process', os.getpid(), 'and the next request will have another one.')
print()
for name in sorted(os.environ):
    print(f'{name} = {os.environ[name]}')
