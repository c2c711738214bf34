"""`python -m cellwright_kernels.triton.bench [--json FILE]`: measure the kernels on the CUDA GPU at hand.

Two numbers: how much of the measured copy bandwidth decoding a 1.5 B int4 shape reaches (bytes of weights and
scales a token, and of the cache at that depth), and how many times faster the captured token is than
transformers' `generate` with a static cache on the same 25 M shape. Medians of `ROUNDS` runs, alternated.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from cellwright_kernels.errors import KernelError
from cellwright_kernels.triton.graph import TokenGraph
from cellwright_kernels.triton.quant_linear import QuantLinear, quantize_model

ROUNDS = 7
TOKENS = 128
PROMPT = 32
SHAPES = {
    "1.5B": {
        "vocab_size": 151936, "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
        "num_attention_heads": 12, "num_key_value_heads": 2,
    },
    "25M": {
        "vocab_size": 4096, "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 8,
        "num_attention_heads": 8, "num_key_value_heads": 4,
    },
    "tiny": {
        "vocab_size": 256, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2,
    },
}  # fmt: skip


def make_model(shape: str, device: str) -> Any:
    """A transformers Llama of the shape with random weights in float16, head tied to the embedding."""
    transformers: Any = importlib.import_module("transformers")
    config = transformers.LlamaConfig(
        **SHAPES[shape], max_position_embeddings=4096, tie_word_embeddings=True, eos_token_id=None
    )
    with torch.device(device):
        return transformers.LlamaForCausalLM(config).to(torch.float16).train(False)


def copy_bandwidth(device: str, size: int = 1 << 28) -> float:
    """Bytes read and written a second when copying."""
    source = torch.empty(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / min(_seconds(lambda: target.copy_(source)) for _ in range(2 * ROUNDS))


def bytes_per_token(model: torch.nn.Module) -> int:
    """Weights that one token reads: quantized layers, and the head in its own type."""
    quantized = sum(m.data.nbytes + m.scales.nbytes for m in model.modules() if isinstance(m, QuantLinear))
    return quantized + model.get_parameter("model.embed_tokens.weight").nbytes


def decode_seconds(graph: TokenGraph, prompt: torch.Tensor) -> float:
    """Seconds a decoded token, the prompt's own time taken off."""
    short = _seconds(lambda: graph.generate(prompt, 2))
    return (_seconds(lambda: graph.generate(prompt, 2 + TOKENS)) - short) / TOKENS


def measure(large: str = "1.5B", small: str = "25M") -> dict[str, float]:
    """All numbers of this GPU; raises KernelError where there is none."""
    if not torch.cuda.is_available():
        raise KernelError("expected a CUDA GPU, got none")
    device = "cuda"
    length = PROMPT + TOKENS + 8
    bandwidth = copy_bandwidth(device)
    model = quantize_model(make_model(large, device), 4)
    prompt = torch.arange(PROMPT, device=device)[None]
    graph = TokenGraph(model, length)
    decode_seconds(graph, prompt)
    step = statistics.median(decode_seconds(graph, prompt) for _ in range(ROUNDS))
    result = {
        "copy_gb_s": bandwidth / 1e9,
        f"decode_ms_{large}_int4": 1e3 * step,
        f"bandwidth_share_{large}_int4": bytes_per_token(model) / step / bandwidth,
    }
    del graph, model
    plain = make_model(small, device)
    captured = TokenGraph(quantize_model(make_model(small, device), 4), length)

    def ours() -> object:
        return captured.generate(prompt, TOKENS)

    def theirs() -> object:
        return plain.generate(
            prompt, max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False,
            cache_implementation="static",
        )  # fmt: skip

    ours(), theirs()
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(ROUNDS)]
    result[f"generate_ms_{small}_int4"] = 1e3 * statistics.median(mine for mine, _ in pairs)
    result[f"generate_{small}_vs_transformers"] = statistics.median(other / mine for mine, other in pairs)
    return result


def _seconds(work: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure the Triton kernels on a CUDA GPU.")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    try:
        measured = measure()
    except KernelError as error:
        sys.exit(str(error))
    for name, value in measured.items():
        print(f"{name:<40} {value:.4g}")
    if given.json:
        metrics = {name: {"value": value, "low": value, "high": value} for name, value in measured.items()}
        result = {
            "suite": "bench-cuda",
            "model": "random weights: 1.5B, 25M",
            "machine": {"cpu": torch.cuda.get_device_name(), "system": sys.platform},
            "date": time.strftime("%Y-%m-%d"),
            "metrics": metrics,
        }
        given.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
