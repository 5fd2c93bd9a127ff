"""What a running command needs: its command line, device, arithmetic, networks, trainer, checkpoints, scores."""
