"""``numpy.random``, under the name that ``tensorgraph.numpy`` has for it."""

from numpy.random import *
