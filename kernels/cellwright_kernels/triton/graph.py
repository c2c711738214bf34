"""Generating with one captured token: the launches of a whole forward pass become one.

At small sizes a GPU waits for Python and for launches. A CUDA graph (`torch.cuda.CUDAGraph`) records one
token over a static cache and plays it back. Without a GPU the same step runs eagerly.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch

from cellwright_kernels.errors import ContextOverflow


class TokenGraph:
    """Greedy generation for one sequence of a transformers model."""

    def __init__(self, model: Any, max_length: int) -> None:
        """`max_length`: longest prompt and answer together."""
        transformers: Any = importlib.import_module("transformers")
        self._model, self._max_length = model, max_length
        self._cache = transformers.StaticCache(config=model.config, max_cache_len=max_length)
        device = next(model.parameters()).device
        self._token = torch.zeros(1, 1, dtype=torch.long, device=device)
        self._position = torch.zeros(1, 1, dtype=torch.long, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None

    @torch.inference_mode()
    def generate(self, prompt: torch.Tensor, count: int, end: int = -1) -> list[int]:
        """Up to `count` tokens after a prompt (1, T), the likeliest each; ends before the token `end`."""
        length = prompt.shape[1]
        if length + count > self._max_length:
            raise ContextOverflow(f"expected at most {self._max_length} positions, got {length + count}")
        self._cache.reset()
        positions = torch.arange(length, device=prompt.device)[None]
        logits = self._model(
            prompt, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1
        ).logits
        self._token.copy_(logits[:, -1:].argmax(-1))
        self._position.fill_(length)
        tokens: list[int] = []
        while len(tokens) < count and (token := int(self._token)) != end:
            tokens.append(token)
            if len(tokens) < count:
                self._advance()
        return tokens

    def _advance(self) -> None:
        if not self._token.is_cuda:
            self._step()
            return
        if self._graph is None:
            self._capture()
        assert self._graph is not None
        self._graph.replay()

    def _step(self) -> None:
        """Read the token at its position, put the next one in its place."""
        logits = self._model(
            self._token, position_ids=self._position, past_key_values=self._cache, use_cache=True
        ).logits
        self._token.copy_(logits[:, -1:].argmax(-1))
        self._position.add_(1)

    def _capture(self) -> None:
        """Record a step. Warming up writes the keys and values that the step then writes again."""
        kept = self._token.clone(), self._position.clone()
        filled = [_lengths(layer) for layer in self._cache.layers]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._restore(kept, filled)
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._restore(kept, filled)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        self._restore(kept, filled)
        self._graph = graph

    def _restore(self, kept: tuple[torch.Tensor, torch.Tensor], filled: list[torch.Tensor | None]) -> None:
        self._token.copy_(kept[0])
        self._position.copy_(kept[1])
        for layer, length in zip(self._cache.layers, filled, strict=True):
            if length is not None:
                layer.cumulative_length.copy_(length)


def _lengths(layer: Any) -> torch.Tensor | None:
    """How many positions a layer of a static cache says it holds, where it keeps that on the device."""
    length = getattr(layer, "cumulative_length", None)
    return length.clone() if isinstance(length, torch.Tensor) else None
