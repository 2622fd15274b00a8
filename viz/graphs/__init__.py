"""Pictures of compute graphs: tapes, programs, models as plain nodes and edges, as DOT, then drawn.

Reading order: ``words``, ``picture``, ``programs``, ``graph``, ``merge``, ``repeats``,
``stretches``, ``fold``, ``labels``, ``dot``, ``render``.
"""
