"""The one place where the environment is read: every setting, its default and its meaning."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_home() -> Path:
    return Path.home() / ".cellwright"


class Settings(BaseSettings):
    """Settings from environment variables with the prefix `CELLWRIGHT_`."""

    model_config = SettingsConfigDict(env_prefix="CELLWRIGHT_", frozen=True)

    home: Path = Field(default_factory=_default_home, description="Folder of the store, models and caches.")
    store_url: str = Field(
        default="", description="SQLAlchemy URL of the feedback store; empty: SQLite in `home`."
    )
    calc_timeout_s: float = Field(
        default=20.0, gt=0, description="Longest a calculation may take, in seconds."
    )
    calc_memory_mb: int = Field(
        default=2048, gt=0, description="Memory cap of one calculation worker, in MiB."
    )
    workspace: str = Field(default="default", description="Name under which outcomes are kept.")
    planner: str = Field(
        default="", description="Planner of `ask`: an imported model's name, a server's address; empty: none."
    )
    planner_hosts: str = Field(
        default="", description="Hosts beyond this machine that planners may be on, with commas between."
    )
    planner_key: SecretStr = Field(default=SecretStr(""), description="Key that a planner's server wants.")
    planner_timeout_s: float = Field(
        default=120.0, gt=0, description="Longest that a planner's server may take to answer, in seconds."
    )
    keep_cell_contents: bool = Field(
        default=True, description="Keep cell contents with outcomes; else redacted."
    )

    @property
    def store(self) -> str:
        """The URL of the feedback store that is in force."""
        return self.store_url or f"sqlite:///{self.home / 'feedback.db'}"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
