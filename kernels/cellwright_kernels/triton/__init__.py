"""The quantized layers as Triton kernels for CUDA, as torch operations for any transformers model.

    model = quantize_model(model, bits=4)            # quant_linear: nn.Linear and RMSNorm replaced
    graph = TokenGraph(model, max_length=2048)       # graph: one token captured in a CUDA graph
    tokens = graph.generate(input_ids, 64)

Nothing that serves imports this. It needs torch; the kernels themselves need `triton` and a CUDA GPU, or
`TRITON_INTERPRET=1` (slow, for tests). On other devices the same operations run as plain torch.
"""
