"""libblobstore for Python. SPDX-License-Identifier: Apache-2.0

blobstore._raw is the C interface, name for name; the layer for people comes on top of it.
"""
