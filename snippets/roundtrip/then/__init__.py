"""The same project as it was written for Channels 2.4 and Django 2.2, in 2020.

It runs only there: `walkthrough roundtrip record --channels 2.4` makes the environment.
"""
