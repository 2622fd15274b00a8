"""Expressions as text, for terminals. Reading order: ``terms``, ``tree``."""
