"""Consumers that already speak WebSocket or HTTP.

Mirrors `channels/generic/`.
"""
