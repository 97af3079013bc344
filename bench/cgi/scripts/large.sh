#!/bin/sh
echo 'Content-Type: application/octet-stream'
echo
exec head -c 1048576 /dev/zero
