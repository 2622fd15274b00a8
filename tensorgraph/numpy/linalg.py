"""``numpy.linalg``, under the name that ``tensorgraph.numpy`` has for it."""

from numpy.linalg import *
