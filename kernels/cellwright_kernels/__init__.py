"""Quantized decoder kernels: weight format, numpy reference, C++ variants, and the decoder over them.

This package stands alone: it needs numpy and nothing of the product. It does not tokenise, sample by
grammar or talk to anybody; `cellwright.engine` does.
"""
