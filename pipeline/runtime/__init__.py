"""What a running command needs: its command line, device, networks, checkpoints, progress, scores."""
