"""How soon a cold process answers, and that it gets there without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cellwright.engine.bench import cold_start, grammar_cost


def test_the_engine_runs_without_torch() -> None:
    code = (
        "import sys; from cellwright.engine import Engine; from cellwright.registry import find_model;"
        "Engine.open(find_model('mini'), threads=1).complete('=SUM(', max_tokens=3);"
        "print([m for m in ('torch', 'transformers', 'peft', 'cellwright_tuning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_first_token_of_a_cold_process_comes_soon() -> None:
    """Processor time, because a busy machine must not fail it."""
    assert cold_start(3)["cold_start_cpu_s"] <= 0.3


@pytest.mark.slow
def test_the_grammar_costs_little() -> None:
    assert grammar_cost(3)["grammar_us"] <= 5
