"""Text <-> token ids, from the tokenizer.json that travels inside a weight file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property

from tokenizers import Tokenizer

from cellwright.errors import ModelError

# What ends an answer: ours first, then those of the chat models that can take its place.
END_TOKENS = ("<|end|>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "</s>")

_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")


class TextTokenizer:
    """A tokenizer with the one id that ends an answer."""

    def __init__(self, tokenizer_json: bytes, vocab_size: int, end: str = "") -> None:
        """`end` is the token that ends an answer; empty: the first of END_TOKENS that it has."""
        if not tokenizer_json:
            raise ModelError("expected a weight file with its tokenizer inside, got one without")
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer_json.decode())
        except Exception as error:  # the library raises bare Exception for any malformed file
            raise ModelError(f"expected a tokenizer.json, got one that does not load: {error}") from error
        self.size = self._tokenizer.get_vocab_size(with_added_tokens=True)
        if self.size > vocab_size:
            raise ModelError(f"expected a tokenizer of at most {vocab_size} tokens, got {self.size}")
        ends = (end,) if end else END_TOKENS
        found = next((i for i in map(self._tokenizer.token_to_id, ends) if i is not None), None)
        if found is None:
            raise ModelError(f"expected a tokenizer with one of {', '.join(ends)}, got none of them")
        self.end: int = found
        self.special = {token.content for token in self._tokenizer.get_added_tokens_decoder().values()}

    def encode(self, text: str) -> list[int]:
        """Token ids; special tokens that stand in the text are one id each."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def token_id(self, token: str) -> int | None:
        """The id of one token, None where the vocabulary lacks it."""
        found: int | None = self._tokenizer.token_to_id(token)
        return found

    @cached_property
    def byte_texts(self) -> list[str | None]:
        """Each token's bytes as Latin-1 text, by id; None for special tokens and ids without a token.

        Vocabularies are byte-level (GPT-2's stand-ins for bytes) or SentencePiece's (`▁` for a space,
        `<0x0A>` for a byte that no piece holds).
        """
        read = _sentence_piece if self.token_id("<0x0A>") is not None else _byte_level
        texts: list[str | None] = []
        for index in range(self.size):
            piece: str | None = self._tokenizer.id_to_token(index)
            texts.append(None if piece is None or piece in self.special else read(piece))
        return texts


def _byte_level(piece: str) -> str | None:
    alphabet = _byte_alphabet()
    return "".join(chr(alphabet[c]) for c in piece) if set(piece) <= alphabet.keys() else None


def _sentence_piece(piece: str) -> str | None:
    byte = _BYTE_PIECE.fullmatch(piece)
    if byte is not None:
        return chr(int(byte[1], 16))
    return piece.replace("▁", " ").encode().decode("latin-1")


@cache
def _byte_alphabet() -> dict[str, int]:
    """The printable stand-ins that byte-level tokenizers write for bytes (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}
