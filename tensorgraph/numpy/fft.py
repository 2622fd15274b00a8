"""``numpy.fft``, under the name that ``tensorgraph.numpy`` has for it."""

from numpy.fft import *
