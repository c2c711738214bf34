"""The server: websocket, REST, pages, metrics, TLS."""
