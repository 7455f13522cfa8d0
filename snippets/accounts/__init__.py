"""Users and sessions of a real Django."""
