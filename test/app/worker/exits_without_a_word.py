import sys

print("half a reason", file=sys.stderr)
print("the rest of it", end="", file=sys.stderr)
sys.exit(7)
