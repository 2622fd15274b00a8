"""Pages: one HTML file each that needs no network, no server and nothing installed.

``page`` puts them together from the .html, .css and .js files beside it, in this reading order:
``graph.html``, ``graph.css``, ``model.js`` (the graph as data), ``rows.js`` (where the nodes of one
level go), ``layout.js`` (levels within levels), ``view.js`` (drawn as SVG), ``camera.js`` (pan and
zoom), ``panel.js`` (everything about one node), ``main.js`` (what clicks and keys do).
"""
