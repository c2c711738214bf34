"""Writes the model card of a checkpoint from its recipe, the ledger, the results and its own files.

    python -m cellwright_tuning.card tuning/checkpoints/mini --recipe tuning/recipes/mini.toml \
        --progress runs/mini/checkpoint/progress.json --note NOTE.md

What a person adds (cost, known failures) comes from `--note`; numbers come from files only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from cellwright.prompt.tasks import PROMPT_VERSION

TUNING = Path(__file__).resolve().parents[1]


def card(folder: Path, recipe: dict[str, Any], progress: dict[str, Any], note: str) -> str:
    """The card as Markdown."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sources = tomllib.loads((TUNING / "sources.toml").read_text(encoding="utf-8"))["sources"]
    mixture = ", ".join(f"{name} {share:g}" for name, share in recipe["data"]["mixture"].items())
    layers, width, vocabulary = config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    shape = (
        f"{layers} layers of {width}, {heads} heads over {shared} of keys and values, vocabulary {vocabulary}"
    )
    lines = [
        "---",
        "license: apache-2.0",
        "library_name: transformers",
        "tags: [spreadsheets, formulas]",
        "---",
        "",
        f"# Cellwright {recipe['name']}",
        "",
        f"A Llama-style decoder for spreadsheet formulas, trained from nothing: {shape}. Prompt version",
        f"{PROMPT_VERSION}, see `cellwright.prompt`; it answers only prompts rendered there.",
        "",
        "## Data",
        "",
        *(
            f"- `{s['name']}` ({s['use']}, {s['licence']}): {s['what']}"
            for s in sources
            if s["use"] != "evaluation" and s.get("only", "language") == "language"
        ),
        "",
        f"Mixture at the end: {mixture}. {progress['tokens']:,} tokens in {progress['step']:,} steps.",
        "Evaluation targets of 12 tokens or more are excluded by hash (`tuning/DATA.md`).",
        "",
        "## Results",
        "",
        *_results(folder),
        "",
        note.strip(),
        "",
        "## Weights",
        "",
        *(f"- `{path.name}` sha256 {_sha256(path)}" for path in sorted(folder.glob("*.safetensors"))),
    ]
    return "\n".join(lines) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _results(folder: Path) -> list[str]:
    """One row a result that was measured with this checkpoint."""
    rows = ["| suite | metric | value | 95 % | tasks |", "|---|---|---|---|---|"]
    for path in sorted((TUNING / "results").glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if Path(str(result.get("model"))).name != folder.name:
            continue
        for name, metric in sorted(result["metrics"].items()):
            spread = f"{metric['low']:.3f} to {metric['high']:.3f}"
            rows.append(
                f"| {result['suite']} | {name} | {metric['value']:.3f} | {spread} | "
                f"{metric.get('tasks', result['tasks'])} |"
            )
    return rows


def main() -> None:
    """Writes README.md into the checkpoint."""
    parser = argparse.ArgumentParser(description="Write a checkpoint's model card.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument(
        "--progress", type=Path, required=True, help="progress.json of the run's last checkpoint"
    )
    parser.add_argument("--note", type=Path, required=True, help="cost and known failures, as Markdown")
    options = parser.parse_args()
    recipe = tomllib.loads(options.recipe.read_text(encoding="utf-8"))
    progress = json.loads(options.progress.read_text(encoding="utf-8"))
    text = card(options.folder, recipe, progress, options.note.read_text(encoding="utf-8"))
    (options.folder / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
