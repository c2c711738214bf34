"""Text <-> token ids, from the tokenizer.json that travels inside a weight file."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from cellwright.errors import ModelError

# What ends an answer: ours first, then those of the chat models that can take its place.
END_TOKENS = ("<|end|>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "</s>")


class TextTokenizer:
    """A tokenizer with the one id that ends an answer."""

    def __init__(self, tokenizer_json: bytes, vocab_size: int) -> None:
        if not tokenizer_json:
            raise ModelError("expected a weight file with its tokenizer inside, got one without")
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer_json.decode())
        except Exception as error:  # the library raises bare Exception for any malformed file
            raise ModelError(f"expected a tokenizer.json, got one that does not load: {error}") from error
        self.size = self._tokenizer.get_vocab_size(with_added_tokens=True)
        if self.size > vocab_size:
            raise ModelError(f"expected a tokenizer of at most {vocab_size} tokens, got {self.size}")
        ids = (self._tokenizer.token_to_id(token) for token in END_TOKENS)
        end = next((i for i in ids if i is not None), None)
        if end is None:
            raise ModelError(f"expected a tokenizer with one of {', '.join(END_TOKENS)}, got none of them")
        self.end: int = end

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
