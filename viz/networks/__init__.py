"""Pictures of networks: neurons and weights, as data in ``columns``, drawn in ``neurons``.

``activity`` lets an example or a whole plane flow through; ``network`` puts all together.
"""
