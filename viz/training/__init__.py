"""Pictures of a training as it goes: records become arrays, arrays become frames.

What is to be seen: ``recorder``, ``mesh``, ``views``, ``inputs``. How it is drawn: ``layers``,
``panels``, ``surface``, ``history``, ``animate``. Where it goes: ``gif``, ``encoder``, ``movie``,
``windows``, ``screens``. ``visualizer`` is the callback.
"""
