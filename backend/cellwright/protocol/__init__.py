"""The wire protocol: every message between a pane and the server, as pydantic models.

The models are the source; `python -m cellwright.protocol.typescript` writes the TypeScript of the add-in from
them. What is sent when is told in `addin/src/protocol/README.md`.
"""

from cellwright.protocol.messages import (
    PROTOCOL_VERSION,
    read_client_message,
    read_server_message,
    write_message,
)

__all__ = ["PROTOCOL_VERSION", "read_client_message", "read_server_message", "write_message"]
