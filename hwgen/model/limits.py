"""How large a model file may be. A reader that trusts these never allocates what a small hostile file asks for."""

from __future__ import annotations

MAX_FILE_BYTES = 3 << 29
"""Size of the archive itself."""

MAX_ARRAY_BYTES = 1 << 30
"""All arrays together, unpacked."""

PACKED_FREE = 112 << 20
PACKED_RATIO = 8
"""A compressed archive may unpack to PACKED_FREE or to PACKED_RATIO times its own size. The first lets an int8 layer of
25088 x 4096 (VGG's largest) pass however well it packs, and bounds what a zip bomb (ratio 1000) costs."""

MAX_JSON_BYTES = 1 << 20
MAX_JSON_DEPTH = 16
MAX_MEMBERS = 4096
MAX_DIRECTORY_BYTES = 1 << 20
"""The archive's directory, which zipfile reads whole."""

MAX_LAYERS = 512
MAX_NAME = 64
MAX_MEMBER_NAME = 128
MAX_TEXT = 256
"""Characters of free text (``source_op``)."""

MAX_MAP = 1 << 28
"""Elements of one feature map."""

MAX_WINDOW = 1 << 12
"""Kernel, stride and padding along one axis."""

MAX_WEIGHTS = 1 << 28
"""Decoded weights of one layer."""

MAX_WEIGHT_BITS = 16
MAX_CODE_BITS = 8
