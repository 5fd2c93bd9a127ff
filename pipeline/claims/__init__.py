"""What the paper claims, read off experiments. `python -m pipeline.claims` gathers, reads and plots them."""
