"""How fast, and in how much memory: tensorgraph beside its peers and beside NumPy by hand.

Read in this order: ``networks`` (what is trained), ``contenders`` (who takes part), ``worker`` and
``race`` (how it is measured), ``workloads`` (what is measured), ``goals``, ``report`` and ``plot``
(what is made of it).
"""
