"""Workers beside each other: ours, that of Channels, and one of Celery."""
