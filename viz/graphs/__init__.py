"""Pictures of compute graphs: a tape or a model as plain nodes and edges, then as DOT, then drawn.

Reading order: ``words``, ``picture``, ``graph``, ``merge``, ``repeats``, ``stretches``, ``fold``,
``labels``, ``dot``, ``render``.
"""
