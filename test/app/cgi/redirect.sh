#!/bin/sh
echo "Location: /cgi-bin/redirect.sh"
echo
