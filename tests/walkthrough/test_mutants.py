import ast

import pytest
from walkthrough import mutants

SOURCE = '''"""Doc."""
LIMIT: int = 5


def clamp(n: int, low: bool = True) -> int:
    """Keep it small."""
    if n > LIMIT and low:
        return LIMIT
    return n + 0
'''


def made(source):
    return [str(each).partition(": ")[2] for each in mutants.mutants_of("x", source)]


def test_each_mutant_has_one_change():
    assert made(SOURCE) == [
        "constant: 5 -> 6",
        "constant: True -> False",
        "test: if n > LIMIT and low: -> if True:",
        "test: if n > LIMIT and low: -> if False:",
        "operator: n > LIMIT and low -> n > LIMIT or low",
        "compare: n > LIMIT -> n >= LIMIT",
        "return: return LIMIT -> return None",
        "return: return n + 0 -> return None",
        "operator: n + 0 -> n - 0",
        "constant: 0 -> 1",
    ]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("x = not y", ["drop: x = not y -> pass", "not: not y -> y"]),
        ("x()", ["drop: x() -> pass"]),
        ("raise X", ["drop: raise X -> pass"]),
        ("f('a')", ["drop: f('a') -> pass", "constant: 'a' -> 'XXa'"]),
        ("f(b'a')", ["drop: f(b'a') -> pass", "constant: b'a' -> b'XXa'"]),
        ("while True:\n    break", ["test: while True: -> while False:"]),
        ("'''A docstring.'''", []),
    ],
)
def test_the_changes_that_are_made(source, changes):
    found = made(source)
    assert [
        each for each in found if not each.startswith(("jump", "constant: True"))
    ] == (changes)


def test_a_mutant_names_its_place_and_is_a_whole_module():
    mutant = next(mutants.mutants_of("generic.http", "x = 1\n"))
    assert str(mutant).startswith("minichannels/generic/http.py:1: ")
    ast.parse(mutant.source)


def test_every_module_of_the_core_has_mutants_and_tests_of_its_own():
    for module, tests in mutants.CORE.items():
        for name in tests.split():
            assert (mutants.TESTS / name).is_file(), name
        if module != "exceptions":
            assert next(mutants.mutants_of_module(module))
