"""Pictures of compute graphs: tapes, programs, models as plain nodes and edges, as DOT, then drawn.

Reading order: ``words``, ``values``, ``flops``, ``heat``, ``picture``, ``reading``, ``programs``,
``gradients``, ``needs``, ``timing``, ``overlays``, ``facts``, ``backward``, ``merge``, ``views``,
``graph``, ``repeats``, ``stretches``, ``chosen``, ``fold``, ``diff``, ``show``, ``labels``,
``legend``, ``dot``, ``page``, ``render``.
"""
