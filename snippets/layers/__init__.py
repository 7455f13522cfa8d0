"""What the chapter on layers measures on a real server."""
