"""Reads the snippets of the pages, runs them, and shows what they did."""
