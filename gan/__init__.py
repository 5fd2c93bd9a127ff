"""Generative adversarial nets (Goodfellow et al., 2014): networks, game, Parzen estimate, statistics.

Functions of arrays and numbers only: no file, no clock, no printing. `pipeline` does the rest.
"""
