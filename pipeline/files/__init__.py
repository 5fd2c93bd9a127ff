"""Bytes, whole or not at all: formats, locks, the errors that a user sees."""
