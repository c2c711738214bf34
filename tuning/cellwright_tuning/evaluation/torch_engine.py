"""A language model on torch, for training runs and for comparison; what is served runs on our own engine.

Nothing else in evaluation imports torch, and this file is imported only where a suite asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import DynamicCache, LlamaForCausalLM

from cellwright.prompt import vocabulary
from cellwright.prompt.model import Answer
from cellwright.prompt.tasks import Prompt

SCORING_ROWS = 32


class TorchEngine:
    """Beam search and scoring over a Hugging Face directory."""

    def __init__(self, folder: Path, threads: int = 1, max_tokens: int = 120) -> None:
        torch.set_num_threads(threads)
        self.model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.model.train(False)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.max_tokens = max_tokens
        self._end = self.tokenizer.token_to_id(vocabulary.END)
        self._pad = self.tokenizer.token_to_id(vocabulary.PAD)

    @torch.inference_mode()
    def generate(self, prompt: Prompt, count: int) -> list[Answer]:
        """Beam search of width `count`, by total log-probability; ends when no open beam can still win."""
        ids = torch.tensor([self.tokenizer.encode(prompt.text).ids])
        cache = DynamicCache(config=self.model.config)
        logits = self.model(input_ids=ids, past_key_values=cache, use_cache=True).logits[:, -1]
        beams: list[tuple[list[int], float]] = [([], 0.0)]
        done: list[tuple[list[int], float]] = []
        is_free = len(prompt.typed) == len(prompt.stem)
        for _ in range(self.max_tokens):
            scores = torch.log_softmax(logits.float(), -1)
            top = scores.topk(count if is_free else 400, -1)
            options = [
                (beams[row][1] + value, row, token)
                for row, (values, tokens) in enumerate(
                    zip(top.values.tolist(), top.indices.tolist(), strict=True)
                )
                for value, token in zip(values, tokens, strict=True)
            ]
            options.sort(reverse=True)
            kept: list[tuple[list[int], float]] = []
            rows: list[int] = []
            for total, row, token in options:
                written = [*beams[row][0], token]
                if not is_free and not prompt.admits(self._text(written)):
                    continue
                if token == self._end:
                    done.append((written[:-1], total))
                else:
                    kept.append((written, total))
                    rows.append(row)
                if len(kept) == count:
                    break
            done = sorted(done, key=lambda item: item[1], reverse=True)[:count]
            if not kept or (len(done) == count and done[-1][1] >= kept[0][1]):
                break
            beams = kept
            cache.reorder_cache(torch.LongTensor(rows))
            last = torch.tensor([[written[-1]] for written, _ in beams])
            logits = self.model(input_ids=last, past_key_values=cache, use_cache=True).logits[:, -1]
        return [Answer(self._text(written), total) for written, total in done]

    @torch.inference_mode()
    def score(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        """Log-probability of each answer and its end; several to a pass."""
        head = self.tokenizer.encode(prompt.text).ids
        totals: list[float] = []
        for start in range(0, len(answers), SCORING_ROWS):
            tails = [
                self.tokenizer.encode(answer + vocabulary.END).ids
                for answer in answers[start : start + SCORING_ROWS]
            ]
            width = max(map(len, tails))
            rows = torch.tensor([head + tail + [self._pad] * (width - len(tail)) for tail in tails])
            hidden = self.model.model(input_ids=rows[:, :-1], use_cache=False).last_hidden_state[
                :, len(head) - 1 :
            ]
            scores = torch.log_softmax(self.model.lm_head(hidden).float(), -1)
            picked = scores.gather(-1, rows[:, len(head) :, None])[..., 0]
            totals += [float(row[: len(tail)].sum()) for row, tail in zip(picked, tails, strict=True)]
        return totals

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))
