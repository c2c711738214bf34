"""GRPO's rollouts over a Ray cluster: each worker holds an engine and the tasks, answers a part of a step.

The driver sends an adapter's bytes, task numbers and a seed; a worker loads the adapter into its engine,
draws and runs the answers, and sends the rollouts back. Seeds go with the tasks, so what is drawn does not
depend on how many workers there are or which is fast. Learning stays with the driver. Ray is optional (`pip
install 'cellwright[ray]'`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright_tuning.environment import Environment
from cellwright_tuning.grpo import Rollout
from cellwright_tuning.tasks import Task
from cellwright_tuning.tenant.recipe import Training
from cellwright_tuning.tenant.reinforce import Drawing

FILES = ("adapter_config.json", "adapter_model.safetensors")


class Worker:
    """What runs on a node: an engine on the model's bytes, an environment of the tasks."""

    def __init__(self, model: bytes, tasks: list[Task], training: Training) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cellwright-worker-")
        path = Path(self._folder.name) / "model.cellwright"
        path.write_bytes(model)
        self._engine = Engine.open(path, threads=1)
        self._environment = Environment(tasks)
        self._draw = Drawing(self._engine, self._environment, training)

    def draw(self, adapter: dict[str, bytes], task: int, seed: int) -> list[Rollout]:
        """The rollouts of one task."""
        folder = Path(self._folder.name) / "adapter"
        folder.mkdir(exist_ok=True)
        for name, data in adapter.items():
            (folder / name).write_bytes(data)
        return self._draw(folder, [task], seed)

    def close(self) -> None:
        """Give everything back."""
        self._environment.close()
        self._engine.close()
        self._folder.cleanup()


class RayDrawing:
    """Draws rollouts on a cluster (a `Drawn` of `reinforce.py`); a context manager."""

    def __init__(self, model: Path, tasks: list[Task], training: Training, workers: int) -> None:
        """Raises UsageError where Ray is missing. A cluster that `ray.init` was called for is used."""
        try:
            import ray
        except ImportError as error:
            raise UsageError("expected the package ray for rollouts on several nodes, found none") from error
        self._ray: Any = ray
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False)
        shared = ray.put(model.read_bytes()), ray.put(tasks)
        remote: Any = ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(Worker)
        self._workers: list[Any] = [remote.remote(*shared, training) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ray.get([worker.close.remote() for worker in self._workers])

    def __call__(self, adapter: Path, tasks: list[int], seed: int) -> list[Rollout]:
        """See `Drawn`; the rollouts come in the order of the tasks."""
        files = self._ray.put({name: (adapter / name).read_bytes() for name in FILES})
        waiting = [
            self._workers[i % len(self._workers)].draw.remote(files, task, seed)
            for i, task in enumerate(tasks)
        ]
        return [rollout for part in self._ray.get(waiting) for rollout in part]
