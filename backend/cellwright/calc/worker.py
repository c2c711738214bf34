"""A calculation worker: one engine, one workbook, in a cage, answering frames on a pipe.

Started as `python -m cellwright.calc.worker ENGINE MEMORY_MB`. Imports its engine, locks itself in
(`sandbox`), says it is ready, then answers one request at a time until the pipe closes. An error that it
survives is an answer `{"error": ...}`; one that it does not survive is the parent's to see.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from cellwright.calc import protocol, sandbox
from cellwright.calc.engine import Address, Engine, Write

Load = Callable[[dict[str, Any], bytes], Engine]


def _formualizer() -> Load:
    from cellwright.calc.formualizer_engine import FormualizerEngine

    return lambda request, image: FormualizerEngine(image, bool(request.get("is_1904")))


def _ironcalc() -> Load:
    from cellwright.calc.ironcalc_engine import IroncalcEngine

    return lambda request, image: IroncalcEngine(str(request["path"]))


def _formulas() -> Load:
    from cellwright.calc.formulas_engine import FormulasEngine

    def load(request: dict[str, Any], image: bytes) -> Engine:
        constants = {(sheet, row, column): value for sheet, row, column, value in request["constants"]}
        sheet, row, column = request["at"]
        return FormulasEngine((sheet, row, column), str(request["formula"]), constants)

    return load


ENGINES: dict[str, Callable[[], Load]] = {
    "formualizer": _formualizer,
    "ironcalc": _ironcalc,
    "formulas": _formulas,
}


@dataclass
class _State:
    load: Load
    file_cap: int
    request: dict[str, Any] = field(default_factory=dict)
    image: bytes = b""
    engine: Engine | None = None

    def loaded(self) -> Engine:
        if self.engine is None or self.engine.is_spoiled:
            self.engine = None
            sandbox.cap_files(self.file_cap)  # formualizer spools formulas of large workbooks to a file
            self.engine = self.load(self.request, self.image)
            sandbox.cap_files(0)
        return self.engine


def _addresses(raw: object) -> list[Address]:
    return [(str(sheet), int(row), int(column)) for sheet, row, column in cast(list[Any], raw)]


def _answer(state: _State, request: dict[str, Any], blob: bytes) -> dict[str, Any]:
    operation = request.get("op")
    if operation == "load":
        state.request, state.image, state.engine = request, blob, None
        state.loaded()
        return {}
    if operation == "values":
        return {"values": state.loaded().values(_addresses(request["cells"]))}
    if operation == "what_if":
        outcomes = []
        for writes in request["batch"]:
            parsed: list[Write] = [(tuple(address), kind, content) for address, kind, content in writes]
            outcome = state.loaded().what_if(parsed, bool(request.get("read_dependents")))
            outcomes.append(outcome.__dict__)
        return {"outcomes": outcomes}
    if operation == "dependents":
        found = state.loaded().dependents(
            _addresses(request["cells"]), bool(request["transitive"]), int(request["limit"])
        )
        return {"cells": found}
    if operation == "recalculate":
        return {"seconds": state.loaded().recalculate(_addresses(request["cells"]))}
    if operation == "probe":
        return {"blocked": _probe(str(request["path"]))}
    raise ValueError(f"expected a known operation, got {operation!r}")


def _probe(path: str) -> dict[str, bool]:
    """Try what the cage must deny; True where it was denied."""
    import errno
    import socket
    import subprocess

    def denied(attempt: Callable[[], object]) -> bool:
        try:
            attempt()
        except OSError as error:
            return error.errno in (errno.EPERM, errno.EFBIG)
        return False

    def write_file() -> None:
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(file, b"x")

    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    return {
        "socket": denied(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
        "unix_socket": denied(lambda: socket.socketpair()),
        "execve": denied(lambda: os.execv(sys.executable, [sys.executable, "-c", ""])),
        "fork": denied(fork),
        "write_file": denied(write_file),
        "subprocess": denied(lambda: subprocess.run([sys.executable, "-c", ""], check=False)),
    }


def serve(engine_name: str, memory_mb: int) -> None:
    """Answer requests on stdin until it closes; frames leave by a private copy of stdout."""
    out = os.dup(1)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)  # engines print
    load = ENGINES[engine_name]()
    sandbox.cap_resources(memory_mb)
    sandbox.cap_files(0)
    caged = sandbox.deny_network_and_exec()
    state = _State(load, memory_mb << 20)
    source = os.fdopen(0, "rb", closefd=False)

    def send(message: dict[str, Any]) -> None:
        data = memoryview(protocol.pack(message))
        while data:
            data = data[os.write(out, data) :]

    send({"ready": True, "caged": caged})
    while True:
        try:
            request, blob = protocol.read_frame(source.read)
        except protocol.BrokenFrame:
            return
        sandbox.cap_cpu(float(cast(float, request.get("timeout_s", 60.0))) + 1.0)
        try:
            answer = _answer(state, cast(dict[str, Any], request), blob)
        except MemoryError:
            os._exit(77)  # what is left of the heap is not worth an answer
        except KeyboardInterrupt:
            return
        except BaseException as error:  # the process boundary; a panic in Rust is no Exception
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
            state.engine = None
        send(answer)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
