"""Django Channels, small enough to read in one sitting.

Read the modules in this order: `asgi`, `consumer`, `generic.websocket`, `layers`,
`routing`; the others stand on these. Module paths and public names are those of
Channels 4.3, so code moves to the real one by changing one word of its imports.
"""

DEFAULT_CHANNEL_LAYER = "default"
