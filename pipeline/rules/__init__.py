"""The workflow: rules, and what they ask of the params."""
