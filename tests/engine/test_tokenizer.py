"""Tokens as bytes, of both kinds of vocabulary that checkpoints have, and the token that ends an answer."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cellwright.engine.tokenizer import TextTokenizer
from cellwright.errors import ModelError


def sentence_pieces() -> bytes:
    """As Llama 2 has it: `▁` for a space, a piece for each byte."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "=", "S", "▁S", "ü"]
    tokenizer = Tokenizer(
        models.BPE({piece: i for i, piece in enumerate(pieces)}, [("▁", "S")], byte_fallback=True)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer.to_str().encode()


def test_sentence_pieces_are_bytes_too() -> None:
    tokenizer = TextTokenizer(sentence_pieces(), 300)
    text = "= S\nü€"
    ids = tokenizer.encode(text)
    written = "".join(tokenizer.byte_texts[index] or "?" for index in ids)
    assert written.encode("latin-1").decode() == text
    assert tokenizer.decode(ids) == text
    assert tokenizer.byte_texts[:3] == [None, None, None]
    assert tokenizer.end == 2


def test_the_end_is_what_the_checkpoint_says() -> None:
    assert TextTokenizer(sentence_pieces(), 300, end="<s>").end == 1
    with pytest.raises(ModelError, match="expected a tokenizer with one of <stop>"):
        TextTokenizer(sentence_pieces(), 300, end="<stop>")
