#!/bin/sh
# Leaves a process behind that holds its output, or that does not.
echo "Content-Type: text/plain"
echo
case "$QUERY_STRING" in
  held) sleep 60 & ;;
  free) sleep 60 >/dev/null 2>&1 </dev/null & ;;
esac
echo $!
