"""Raw files to arrays."""
