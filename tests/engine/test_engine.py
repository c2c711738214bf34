"""The engine over a tiny random model: cache, speculation, batches and seeds must not change an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cellwright.engine import Cancelled, Engine
from cellwright.engine.grammar import AnswerFilter
from cellwright.engine.sampling import greedy, lookup_draft
from cellwright.errors import EngineBusy, ModelError, UsageError
from cellwright.prompt.tasks import Prompt
from cellwright_kernels.checkpoint import quantize
from cellwright_kernels.config import DecoderConfig
from cellwright_kernels.decoder import Decoder

LETTERS = "abcdefghijklmnopqrstuvwxyz()+"
CONFIG = DecoderConfig("llama", len(LETTERS) + 1, 64, 96, 2, 4, 2, 16, 256)


def tokenizer_json() -> bytes:
    """One token a character, and the one that ends an answer."""
    vocabulary = {letter: index for index, letter in enumerate(LETTERS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer.to_str().encode()


def random_state(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    hidden, width, kv = CONFIG.hidden_size, CONFIG.intermediate_size, CONFIG.kv_heads * CONFIG.head_dim
    state = {"model.embed_tokens.weight": (CONFIG.vocab_size, hidden), "model.norm.weight": (hidden,)}
    for layer in range(CONFIG.layers):
        name = f"model.layers.{layer}."
        state |= {
            name + "input_layernorm.weight": (hidden,),
            name + "post_attention_layernorm.weight": (hidden,),
            name + "self_attn.q_proj.weight": (hidden, hidden),
            name + "self_attn.k_proj.weight": (kv, hidden),
            name + "self_attn.v_proj.weight": (kv, hidden),
            name + "self_attn.o_proj.weight": (hidden, hidden),
            name + "mlp.gate_proj.weight": (width, hidden),
            name + "mlp.up_proj.weight": (width, hidden),
            name + "mlp.down_proj.weight": (hidden, width),
        }
    return {n: random.standard_normal(shape).astype(np.float32) * 0.2 for n, shape in state.items()}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "tiny.weights"
    quantize(random_state(1), CONFIG, tokenizer_json(), 8, path)
    return path


@pytest.fixture
def engine(weights: Path) -> Iterator[Engine]:
    with Engine.open(weights, threads=1) as opened:
        yield opened


def test_scores_of_found_answers_are_their_log_probabilities(engine: Engine) -> None:
    found = engine.complete("sum(a+b", n=24, max_tokens=12)
    assert found
    scores = engine.log_probabilities("sum(a+b", [c.text for c in found])
    assert scores == pytest.approx([c.log_probability for c in found], abs=1e-3)
    assert [c.log_probability for c in found] == sorted((c.log_probability for c in found), reverse=True)


def test_batched_scores_equal_single_ones(engine: Engine) -> None:
    answers = ["a", "bc", "sum(a)", ""]
    together = engine.log_probabilities("xyz", answers)
    engine.prefixes.clear()
    assert together == [engine.log_probabilities("xyz", [answer])[0] for answer in answers]


def test_speculation_does_not_change_the_answer(weights: Path) -> None:
    decoder = Decoder(weights, threads=1)
    prefix = [1, 2, 3, 4, 5, 1, 2, 3]
    plain: list[int] = []
    sequence = decoder.open()
    decoder.forward(prefix[:-1], sequence, logit_rows=[])
    last = prefix[-1]
    for _ in range(40):
        last = int(decoder.forward([last], sequence)[0].argmax())
        if last == len(LETTERS):
            break
        plain.append(last)
    drafted = decoder.open()
    decoder.forward(prefix[:-1], drafted, logit_rows=[])
    tokens, _, _ = greedy(decoder, drafted, prefix, end=len(LETTERS), max_tokens=40)
    assert tokens == plain
    decoder.shutdown()


def test_a_draft_is_what_followed_the_last_tokens_before() -> None:
    assert lookup_draft([7, 8, 9, 1, 2, 7, 8, 9], 3) == [1, 2, 7]
    assert lookup_draft([1, 2, 3], 4) == []


def test_a_cached_prefix_gives_the_answer_of_a_fresh_one(engine: Engine) -> None:
    engine.complete("the quick brown fox+", n=2, max_tokens=6)
    before = engine.prefixes.read_tokens
    warm = engine.complete("the quick brown dog+", n=2, max_tokens=6)
    assert engine.prefixes.read_tokens - before < len("dog+") + 1
    engine.prefixes.clear()
    assert engine.complete("the quick brown dog+", n=2, max_tokens=6) == warm


def test_a_seed_fixes_the_samples_whatever_runs_between(engine: Engine) -> None:
    first = engine.complete("abc", n=3, temperature=1.0, seed=5, max_tokens=10)
    engine.complete("abcdef", n=2, temperature=1.0, seed=6, max_tokens=10)
    assert engine.complete("abc", n=3, temperature=1.0, seed=5, max_tokens=10) == first
    assert engine.complete("abc", n=3, temperature=1.0, seed=7, max_tokens=10) != first


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_grammar_admits_nothing_else(engine: Engine, temperature: float) -> None:
    def admits(text: str) -> bool:
        return set(text) <= set("xyz") and len(text) <= 5

    grammar = AnswerFilter(engine.tokenizer, admits, admits)
    found = engine.complete("sum", grammar=grammar, n=3, temperature=temperature, max_tokens=8)
    assert found
    assert all(admits(completion.text) for completion in found)


def test_prompts_admit_only_what_agrees_with_the_typed_text(engine: Engine) -> None:
    prompt = Prompt("qrs", stem="", typed="abs")
    found = engine.generate(prompt, 24)
    assert found
    assert all(prompt.read(answer.text).startswith("abs") for answer in found)


def test_cancelling_stops_between_tokens_and_frees_the_sequences(engine: Engine) -> None:
    free = engine.decoder.free_sequences
    calls = 0

    def is_cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    with pytest.raises(Cancelled):
        engine.complete("hello", n=4, max_tokens=60, is_cancelled=is_cancelled)
    engine.prefixes.clear()
    assert engine.decoder.free_sequences == free


def test_a_prefix_longer_than_the_context_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="expected a prefix that leaves"):
        engine.complete("a" * 300)


def test_a_prefix_is_kept_once_and_not_beside_a_longer_one(engine: Engine) -> None:
    free = engine.decoder.free_sequences
    expected = engine.log_probabilities("hello wo", ["rld"])
    engine.prefixes.clear()
    for prefix in ("hello world", "hello wo", "hello world", "hello", "h", "hello wo"):
        found = engine.log_probabilities(prefix, ["rld"])
        assert prefix != "hello wo" or found == expected
    assert free - engine.decoder.free_sequences == 1


def test_an_unknown_adapter_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="expected a loaded adapter, got 'nobody'"):
        engine.complete("a", adapter="nobody")


def test_weights_without_a_tokenizer_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.weights"
    quantize(random_state(1), CONFIG, b"", 8, path)
    with pytest.raises(ModelError, match="tokenizer"):
        Engine.open(path)


def test_truncated_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.weights"
    path.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError):
        Engine.open(path)


def test_requests_beyond_the_queue_are_refused_and_the_others_answered(weights: Path) -> None:
    decoder = Decoder(weights, threads=1)
    engine = Engine(decoder, "tiny", max_waiting=4)
    expected = engine.complete("abc", n=1, max_tokens=20)
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(engine.complete("abc", n=1, max_tokens=20))
        except EngineBusy:
            answers.append("busy")

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    assert len(answers) == 64
    assert all(answer in (expected, "busy") for answer in answers)
    assert expected in answers


def test_old_prefixes_make_room_for_new_ones(engine: Engine) -> None:
    free = engine.decoder.free_sequences
    for length in range(1, 80):
        engine.log_probabilities("xyz"[length % 3] * length, ["a"])
    assert free - engine.decoder.free_sequences <= 32
    engine.prefixes.clear()
    assert engine.decoder.free_sequences == free


def test_a_known_prefix_makes_room_for_its_answers(engine: Engine) -> None:
    for first in "bcdefghi":
        engine.log_probabilities(first + "ab" * 110, ["x"])
    answers = [letter * 30 for letter in LETTERS[:26]]
    assert engine.decoder.free_tokens < sum(map(len, answers))
    kept = "i" + "ab" * 110
    scores = engine.log_probabilities(kept, answers)
    engine.prefixes.clear()
    assert scores == pytest.approx(engine.log_probabilities(kept, answers), abs=1e-3)


def test_ten_thousand_requests_at_once_are_answered_rightly_or_refused(weights: Path) -> None:
    """From 64 threads that all ask at once, as many times as it takes; what is refused is refused as busy."""
    prefixes = ["abc", "sum(a+b)", "hello(", "x"]
    engine = Engine(Decoder(weights, threads=1), "tiny", max_waiting=16)
    expected = {prefix: engine.log_probabilities(prefix, ["a", "ab"]) for prefix in prefixes}
    free = engine.decoder.free_sequences
    answered, busy, wrong = [0] * 64, [0] * 64, [0] * 64
    start = threading.Barrier(64)

    def ask(index: int) -> None:
        start.wait()
        for number in range(157):
            prefix = prefixes[(index + number) % len(prefixes)]
            try:
                right = engine.log_probabilities(prefix, ["a", "ab"]) == expected[prefix]
            except EngineBusy:
                busy[index] += 1
            else:
                answered[index] += right
                wrong[index] += not right

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wrong) == 0
    assert sum(answered) + sum(busy) == 64 * 157 >= 10_000
    assert sum(answered) > 0
    assert sum(busy) > 0
    assert engine.decoder.free_sequences == free  # nothing leaked
    engine.close()
