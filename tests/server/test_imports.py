"""What a server loads: no training library, whoever has one installed."""

from __future__ import annotations

import subprocess
import sys


def test_serving_imports_no_torch() -> None:
    code = (
        "import sys, cellwright.cli.serve, cellwright.server.bench\n"
        "print(sorted({'torch', 'transformers', 'peft', 'openpyxl'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
