"""Pictures of networks: neurons and weights, as data in ``columns``, drawn in ``neurons``.

``network`` puts the two together.
"""
