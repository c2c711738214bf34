"""What serves a workspace: versions on disk, which of them is in force, promotion and rollback.

    HOME/registry/WORKSPACE/
        state.json            {"current", "earlier", "canary", "share"}; written beside itself and renamed
        versions/NAME/        version.json and what the version has of adapter/, ranker.json, library.zst
        online/NAME.json      what the ranker learnt from outcomes while that version served
        lock                  held while the state is read, changed and written

A version is a directory that was renamed into its place whole and never changes afterwards. `current` None is
what everybody has. A reader needs no lock: the state is one file, and a version that a state names is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cellwright.errors import UsageError

STAGES = (0.05, 0.25, 1.0)
"""Shares of the requests that a promoted version gets, one after another."""
SHIPPED_VERSION = "shipped"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_KEPT_EARLIER = 20


@dataclass(frozen=True)
class Version:
    """A version's facts. `base`: the digest of the model that its adapter was tuned on, "" without one."""

    name: str
    created: str
    base: str = ""
    run_id: str = ""
    recipe: str = ""
    decided: str = ""
    """The gate's word: `promote`, `reject`, or "" where it was not asked."""


@dataclass(frozen=True)
class State:
    """What serves: `current` for all, but a `share` of the requests goes to `canary` where there is one."""

    current: str | None = None
    earlier: tuple[str | None, ...] = ()
    canary: str | None = None
    share: float = 0.0


class Registry:
    """The versions of one workspace."""

    def __init__(self, home: Path, workspace: str) -> None:
        self.folder = home / "registry" / _folder_name(workspace)

    def path(self, name: str) -> Path:
        """Where a version is; raises UsageError for a name that can't be one."""
        if not _NAME.fullmatch(name) or name == SHIPPED_VERSION:
            raise UsageError(f"expected a version's name of letters, digits and . _ -, got {name!r}")
        return self.folder / "versions" / name

    def online(self, name: str | None) -> Path:
        """The file of what the ranker learnt while that version served."""
        return self.folder / "online" / f"{name or SHIPPED_VERSION}.json"

    def versions(self) -> list[Version]:
        """All, oldest first."""
        folder = self.folder / "versions"
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        found = [self.version(name) for name in names if _NAME.fullmatch(name)]
        return sorted(found, key=lambda version: (version.created, version.name))

    def version(self, name: str) -> Version:
        """The facts of one; raises UsageError where there is none."""
        path = self.path(name)
        try:
            told = json.loads((path / "version.json").read_text(encoding="utf-8"))
            return Version(**told)
        except FileNotFoundError as error:
            raise UsageError(f"expected the name of a version, got {name!r}") from error
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(f"expected a whole version in {path.name}: {error}") from error

    def add(self, version: Version, prepared: Path) -> Path:
        """Move a prepared directory (of the same file system) into its place; UsageError for a taken name."""
        target = self.path(version.name)
        (prepared / "version.json").write_text(json.dumps(asdict(version), indent=1), encoding="utf-8")
        for path in prepared.rglob("*"):
            _sync(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if target.exists():
                raise UsageError(f"expected a new name for a version, got {version.name!r}")
            prepared.rename(target)
            _sync(target.parent)
        return target

    def decide(self, name: str, decided: str) -> Version:
        """Note the gate's word on a version."""
        version = replace(self.version(name), decided=decided)
        _replace(self.path(name) / "version.json", json.dumps(asdict(version), indent=1))
        return version

    def remove(self, name: str) -> None:
        """Delete a version that does not serve."""
        with self._locked():
            state = self.state()
            if name in (state.current, state.canary):
                raise UsageError(f"expected a version that does not serve, got {name!r}")
            doomed = self.path(name).with_name(f".{name}.gone")
            self.path(name).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    @property
    def state_file(self) -> Path:
        """The file whose change tells that something else serves."""
        return self.folder / "state.json"

    def state(self) -> State:
        """What serves; raises UsageError for a file that is none."""
        try:
            told: dict[str, Any] = json.loads(self.state_file.read_text(encoding="utf-8"))
            return State(told["current"], tuple(told["earlier"]), told["canary"], float(told["share"]))
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"expected what serves in {self.state_file}: {error}") from error

    def promote(self, name: str, share: float = 1.0) -> State:
        """Let a version serve a share of the requests; at 1 it is the current one."""
        if not 0.0 < share <= 1.0:
            raise UsageError(f"expected a share of the requests above 0 and up to 1, got {share}")
        self.version(name)
        with self._locked():
            state = self.state()
            if name == state.current:
                raise UsageError(f"expected a version that does not serve yet, got {name!r}")
            if share < 1.0:
                state = replace(state, canary=name, share=share)
            else:
                earlier = (*state.earlier, state.current)[-_KEPT_EARLIER:]
                state = State(name, earlier)
            self._write(state)
            return state

    def rollback(self) -> State:
        """Take a canary back, or without one the current version: what served before it serves again."""
        with self._locked():
            state = self.state()
            if state.canary is not None:
                state = replace(state, canary=None, share=0.0)
            elif state.earlier:
                state = State(state.earlier[-1], state.earlier[:-1])
            else:
                raise UsageError("expected an earlier version to go back to, got none")
            self._write(state)
            return state

    def _write(self, state: State) -> None:
        _replace(self.state_file, json.dumps(asdict(state), indent=1))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def next_stage(share: float) -> float:
    """The share after this one."""
    return next((stage for stage in STAGES if stage > share), 1.0)


def _folder_name(workspace: str) -> str:
    """A folder for any workspace: its letters, made unique where they don't say it all."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", workspace)[:40] or "_"
    return plain if plain == workspace else f"{plain}-{hashlib.sha256(workspace.encode()).hexdigest()[:8]}"


def _replace(path: Path, text: str) -> None:
    """Put a file in the place of an older one; on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    _sync(fresh)
    fresh.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
