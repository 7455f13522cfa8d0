"""A small real project: what the recording of the round trip runs.

Two views, a stream and an upload; four consumers and a worker. It is a Django project
as `startproject` lays one out, in as few lines as Django and Channels allow.
"""
