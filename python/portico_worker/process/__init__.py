"""What every process of ours has: its descriptors, its user, its output, its end."""
