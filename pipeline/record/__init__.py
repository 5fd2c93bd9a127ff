"""Where a result is, what made it, and whether it is current."""
