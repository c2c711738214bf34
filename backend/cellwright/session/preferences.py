"""What a person set in the pane, kept in one small file of the home folder."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from pydantic import ValidationError

from cellwright.config import settings
from cellwright.protocol.handshake import SetSettings, UserSettings

log = logging.getLogger(__name__)


class Preferences:
    """The settings in force; the defaults come from the environment (`cellwright.config`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.current = self._read()

    def change(self, wanted: SetSettings) -> UserSettings:
        """Take over what is set; on the disk when this returns."""
        with self._lock:
            new = {
                name: value
                for name, value in wanted.model_dump(exclude={"type", "id"}).items()
                if value is not None
            }
            self.current = self.current.model_copy(update=new)
            partial = self._path.with_suffix(".new")
            partial.write_text(self.current.model_dump_json(indent=1), encoding="utf-8")
            partial.replace(self._path)
            return self.current

    def _read(self) -> UserSettings:
        default = UserSettings(
            workspace=settings().workspace,
            keep_cell_contents=settings().keep_cell_contents,
            risky_functions="confirm",
            suggests_on_selection=True,
            use_model=True,
        )
        if not self._path.is_file():
            return default
        try:
            return UserSettings.model_validate_json(self._path.read_bytes())
        except ValidationError:
            log.warning("the pane's settings can't be read and are those of the start: %s", self._path.name)
            return default
