"""The command `walkthrough roundtrip`: record the round trip, compare, write."""

import argparse

from walkthrough.roundtrip.borders import (
    border_differences,
    borders,
    dump_borders,
    record_borders,
)
from walkthrough.roundtrip.compare import differences
from walkthrough.roundtrip.path import dump
from walkthrough.roundtrip.probe import SERVERS
from walkthrough.roundtrip.record import DATA, STACKS, committed, record


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `roundtrip` to the command line."""
    group = commands.add_parser(
        "roundtrip", help="record the path from Daphne to Django"
    )
    actions = group.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("record", help="record again, and compare")
    action.add_argument(
        "stack",
        nargs="?",
        choices=[*STACKS, "borders"],
        default="channels",
        help="what to record: a stack, or the borders of the servers",
    )
    action.add_argument(
        "--channels",
        choices=["2.4"],
        help="record the old Channels instead, in an environment of its own",
    )
    action.add_argument(
        "--write", action="store_true", help="write the recording into the repository"
    )
    action.set_defaults(command=run_record)


def run_record(options: argparse.Namespace) -> int:
    """Record a stack; say what differs from the recording in the repository."""
    name = f"channels-{options.channels}" if options.channels else options.stack
    if name == "borders":
        return run_borders(write=options.write)
    print(f"Recording {STACKS[name].title} …")
    recording = record(STACKS[name])
    steps = [len(t["steps"]) for p in recording["phases"].values() for t in p]
    print(f"{len(recording['phases'])} phases, {len(steps)} turns, {sum(steps)} steps.")
    if options.write:
        (DATA / f"{name}.json").write_text(dump(recording), "utf-8")
        print(f"Written to {DATA / name}.json")
        return 0
    moved = differences(committed(name), recording)
    print("\n".join(moved) or "All as recorded in the repository.")
    return 1 if moved else 0


def run_borders(*, write: bool) -> int:
    """Probe each server; say what differs from the tables in the repository."""
    print(f"Probing {', '.join(SERVERS)} …")
    recording = record_borders()
    if write:
        (DATA / "borders.json").write_text(dump_borders(recording), "utf-8")
        print(f"Written to {DATA / 'borders.json'}")
        return 0
    moved = border_differences(borders(), recording)
    print("\n".join(moved) or "All as recorded in the repository.")
    return 1 if moved else 0
