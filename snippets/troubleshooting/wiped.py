"""A test of the project that asks for a database and then does nothing with it."""

from django.test import TestCase


class Innocent(TestCase):
    def test_nothing(self) -> None:
        pass
