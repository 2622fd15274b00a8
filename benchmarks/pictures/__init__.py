"""Draws one small network with several libraries; docs/pictures.md shows the pictures.

torchviz, torchview and Keras lay out with Graphviz's program ``dot``, which has to be on the PATH.
Netron is not among them: its Python package shows a file in a browser, and exports nothing.
"""
