"""What a score is worth: baselines under the same protocol, growing sets, known densities, sources of variance."""
