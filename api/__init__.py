"""REST and WebSocket for people and programs."""
