"""zstd as a service would use it: Python's own module from 3.14 on."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, ZstdCompressor, compress, decompress
else:
    from backports.zstd import CompressionParameter, ZstdCompressor, compress, decompress

__all__ = ["CompressionParameter", "ZstdCompressor", "compress", "decompress"]
