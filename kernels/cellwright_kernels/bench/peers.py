"""The runtimes that are measured, each behind `Peer`; every one runs in a process of its own (`worker`).

ours_q4, ours_q8      this package, in the variant that the instructions name
llama_q4, llama_q8    llama.cpp through llama-cpp-python; the suffix `_fa` turns flash attention on
torch_eager           transformers' model in float32
torch_int8            the same with dynamic int8 linear layers
"""

from __future__ import annotations

import ctypes
import importlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cellwright_kernels.bench.gguf import write_gguf
from cellwright_kernels.bench.shapes import SHAPES, random_state
from cellwright_kernels.checkpoint import quantize
from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.errors import KernelError

CONTEXT = 2048


class Peer(Protocol):
    """One runtime with one model and one sequence."""

    def prefill(self, tokens: list[int]) -> None:
        """Forget everything, then read `tokens` and compute the last one's logits."""

    def step(self, token: int) -> None:
        """Append one token and compute its logits over the whole vocabulary."""

    def logits(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The logits of the last prefill or step (vocab_size,)."""

    @property
    def facts(self) -> str:
        """What runs: version, instructions."""


def make_peer(name: str, shape: str, threads: int, folder: Path, instructions: str = "native") -> Peer:
    """Open a peer by name; raises KernelError where its package or our variant is missing.

    instructions: ours runs the variant of that name, "native" the best one; `Runner` holds torch to them, and
    llama.cpp has what it was built with.
    """
    config = SHAPES[shape]
    parts = name.split("_")
    if parts[0] == "ours":
        bits = 4 if parts[1] == "q4" else 8
        variant = None if instructions == "native" else instructions
        return _Ours(_our_file(folder, shape, config, bits), variant, threads)
    if parts[0] == "llama":
        return _LlamaCpp(_gguf_file(folder, shape, config, parts[1]), "fa" in parts, threads, config)
    if name in ("torch_eager", "torch_int8"):
        return _Torch(config, name == "torch_int8", threads)
    raise KernelError(f"expected a peer, got {name!r}")


def prepare(shape: str, folder: Path, names: list[str]) -> None:
    """Write the weight files that the named peers read, once."""
    for name in names:
        parts = name.split("_")
        if parts[0] == "ours":
            _our_file(folder, shape, SHAPES[shape], 4 if parts[1] == "q4" else 8)
        elif parts[0] == "llama":
            _gguf_file(folder, shape, SHAPES[shape], parts[1])


def _our_file(folder: Path, shape: str, config: DecoderConfig, bits: int) -> Path:
    path = folder / f"{shape}-{bits}.weights"
    if not path.is_file():
        quantize(random_state(config), config, b"", 4 if bits == 4 else 8, path)
    return path


def _gguf_file(folder: Path, shape: str, config: DecoderConfig, kind: str) -> Path:
    path = folder / f"{shape}-{kind}.gguf"
    if not path.is_file():
        partial = path.with_suffix(".partial")
        write_gguf(partial, random_state(config), config, "q4_0" if kind == "q4" else "q8_0")
        partial.replace(path)
    return path


class _Ours:
    def __init__(self, path: Path, variant: str | None, threads: int) -> None:
        from cellwright_kernels.decoder import Decoder

        self._decoder = Decoder(path, variant=variant, threads=threads, context=CONTEXT)
        self._sequence = self._decoder.open()
        self._out = np.empty(0, np.float32)

    def prefill(self, tokens: list[int]) -> None:
        self._decoder.truncate(self._sequence, 0)
        self._out = self._decoder.forward(tokens, self._sequence)

    def step(self, token: int) -> None:
        self._out = self._decoder.forward([token], self._sequence)

    def logits(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        row: np.ndarray[Any, np.dtype[np.float32]] = self._out[0]
        return row

    @property
    def facts(self) -> str:
        return self._decoder.backend

    def generate(self, tokens: list[int]) -> None:
        """Append tokens one at a time to a fork of what was read."""
        branch = self._decoder.fork(self._sequence)
        for token in tokens:
            self._decoder.forward([token], branch)
        self._decoder.close(branch)

    def score(self, candidates: list[list[int]]) -> None:
        """Score continuations of what was read in one pass."""
        self._decoder.score_continuations(self._sequence, 1, candidates)


class _LlamaCpp:
    def __init__(self, path: Path, flash: bool, threads: int, config: DecoderConfig) -> None:
        try:
            import llama_cpp
        except ImportError as error:
            raise KernelError(f"expected llama-cpp-python, got {error}") from error
        self._api = api = llama_cpp.llama_cpp
        self._quiet = api.llama_log_callback(lambda *_: None)
        api.llama_log_set(self._quiet, None)
        api.llama_backend_init()
        self._model = api.llama_model_load_from_file(str(path).encode(), api.llama_model_default_params())
        parameters = api.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = CONTEXT, 512, 512
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = 1 if flash else 0
        self._context = api.llama_init_from_model(self._model, parameters) if self._model else None
        if not self._context:
            raise KernelError(f"expected llama.cpp to open {path}, got nothing")
        self._memory = api.llama_get_memory(self._context)
        self._vocab = config.vocab_size

    def _decode(self, tokens: list[int]) -> None:
        for start in range(0, len(tokens), 512):
            part = tokens[start : start + 512]
            array = (ctypes.c_int32 * len(part))(*part)
            if self._api.llama_decode(self._context, self._api.llama_batch_get_one(array, len(part))) != 0:
                raise KernelError("expected llama.cpp to decode, got an error")
        self.logits()  # waits for the result

    def prefill(self, tokens: list[int]) -> None:
        self._api.llama_memory_clear(self._memory, False)
        self._decode(tokens)

    def step(self, token: int) -> None:
        self._decode([token])

    def logits(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        out = np.empty(self._vocab, np.float32)
        ctypes.memmove(out.ctypes.data, self._api.llama_get_logits_ith(self._context, -1), out.nbytes)
        return out

    @property
    def facts(self) -> str:
        return " ".join(self._api.llama_print_system_info().decode().split())


class _Torch:
    def __init__(self, config: DecoderConfig, int8: bool, threads: int) -> None:
        torch: Any
        transformers: Any
        try:
            torch = importlib.import_module("torch")
            transformers = importlib.import_module("transformers")
        except ImportError as error:
            raise KernelError(f"expected torch and transformers, got {error}") from error
        torch.set_num_threads(threads)
        options = transformers.LlamaConfig(
            vocab_size=config.vocab_size, hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size, num_hidden_layers=config.layers,
            num_attention_heads=config.heads, num_key_value_heads=config.kv_heads, head_dim=config.head_dim,
            max_position_embeddings=config.max_positions, rms_norm_eps=config.rms_eps,
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(options).eval()
        state = {name: torch.from_numpy(value) for name, value in random_state(config).items()}
        model.load_state_dict(state, strict=False)
        if int8:
            model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
        self._torch, self._model, self._cache_class = torch, model, transformers.DynamicCache
        self._cache: Any = None
        self._out: Any = None

    def _run(self, tokens: list[int]) -> None:
        with self._torch.inference_mode():
            self._out = self._model(
                self._torch.tensor([tokens]), past_key_values=self._cache, use_cache=True, logits_to_keep=1
            ).logits

    def prefill(self, tokens: list[int]) -> None:
        self._cache = self._cache_class()
        self._run(tokens)

    def step(self, token: int) -> None:
        self._run([token])

    def logits(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        result: np.ndarray[Any, np.dtype[np.float32]] = self._out[0, -1].float().numpy()
        return result

    @property
    def facts(self) -> str:
        return f"torch {self._torch.__version__}, {self._torch.backends.cpu.get_cpu_capability()}"
