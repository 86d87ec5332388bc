"""Who gets whom, and when. All of it is pure."""
