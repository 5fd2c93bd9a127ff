"""Where a result is, what made it, and whether that still holds."""
