"""What happens when something goes wrong: fourteen small programs, tensorgraph and its peers.

A peer takes part where it is installed. Each probe of each library runs in a process of its own,
with a time limit, and says what was seen there; code decides whether that was right. A program is
written once, in what every library has, and each library runs it in its own usual way: a leaf with
``backward()``, or a function with ``grad``. Where a library has a mode that looks for NaN, the
probes of NaN run in it. An array from outside is what a program would use: itself, or
``torch.from_numpy``. Arrays of micrograd are NumPy arrays of its values.

Reading order: ``library`` and ``libraries``, ``seen``, ``programs``, ``process``, ``table``,
``__main__``.
"""
