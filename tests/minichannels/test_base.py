import re

import pytest

RULES = (
    " name must be a valid unicode string with length < 100 containing only ASCII "
    "alphanumerics, hyphens, underscores, or periods."
)


@pytest.mark.parametrize("name", ["a", "A.b-c_9", "x" * 99, "p!q", "p!", "p!é", "a\n"])
def test_names_that_a_channel_may_have(lib, name):
    assert lib.BaseChannelLayer().require_valid_channel_name(name) is True


@pytest.mark.parametrize(
    "name", ["", "!", "a b", "x" * 100, "é", "a!b!c", "a/b", 5, b""]
)
def test_names_that_a_channel_may_not_have(lib, name):
    with pytest.raises(TypeError) as caught:
        lib.BaseChannelLayer().require_valid_channel_name(name)
    assert str(caught.value) == "Channel" + RULES


@pytest.mark.parametrize("name", ["a", "A.b-c_9", "x" * 99])
def test_names_that_a_group_may_have(lib, name):
    assert lib.BaseChannelLayer().require_valid_group_name(name) is True


@pytest.mark.parametrize("name", ["", "a!b", "a b", "x" * 100, None])
def test_names_that_a_group_may_not_have(lib, name):
    with pytest.raises(TypeError) as caught:
        lib.BaseChannelLayer().require_valid_group_name(name)
    assert str(caught.value) == "Group" + RULES


def test_a_receiver_names_the_process_only(lib):
    layer = lib.BaseChannelLayer()
    assert layer.require_valid_channel_name("p!", receive=True) is True
    assert layer.require_valid_channel_name("p", receive=True) is True
    with pytest.raises(TypeError) as caught:
        layer.require_valid_channel_name("p!q", receive=True)
    wanted = "Specific channel names in receive() must end at the !"
    assert str(caught.value) == wanted
    with pytest.raises(TypeError, match=re.escape(wanted)):
        layer.valid_channel_names(["p", "p!q"], receive=True)


def test_a_list_of_names_is_a_list_and_not_empty(lib):
    layer = lib.BaseChannelLayer()
    assert layer.valid_channel_names(["p!q", "b"]) is True
    for names in ([], ("a",), None, "a"):
        with pytest.raises(AssertionError, match=r"^names must be a non-empty list$"):
            layer.valid_channel_names(names)


def test_the_part_of_a_name_that_is_the_process(lib):
    layer = lib.BaseChannelLayer()
    names = {"a": "a", "p!q": "p!", "p!": "p!", "!q": "!", "": ""}
    assert {name: layer.non_local_name(name) for name in names} == names


def test_a_subclass_may_have_shorter_names(lib):
    class Short(lib.BaseChannelLayer):
        MAX_NAME_LENGTH = 3

    assert [Short().match_type_and_length(name) for name in ("ab", "abc", 5)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("call", "args", "message"),
    [
        ("send", ("a", {}), "send() should be implemented in a channel layer"),
        ("receive", ("a",), "receive() should be implemented in a channel layer"),
        ("new_channel", (), "new_channel() should be implemented in a channel layer"),
        ("flush", (), "flush() not implemented (flush extension)"),
        ("group_add", ("g", "a"), "group_add() not implemented (groups extension)"),
        (
            "group_discard",
            ("g", "a"),
            "group_discard() not implemented (groups extension)",
        ),
        ("group_send", ("g", {}), "group_send() not implemented (groups extension)"),
    ],
)
async def test_a_layer_has_to_say_how_it_does_this(lib, call, args, message):
    with pytest.raises(NotImplementedError) as caught:
        await getattr(lib.BaseChannelLayer(), call)(*args)
    assert str(caught.value) == message


def test_patterns_are_globs_or_regular_expressions(lib):
    layer = lib.BaseChannelLayer(expiry=7, capacity=9)
    assert (layer.expiry, layer.capacity, layer.get_capacity("a")) == (7, 9, 9)
    patterns = {"http.*": 1, re.compile("a"): 2, "*": 3}
    layer.channel_capacity = layer.compile_capacities(patterns)
    found = [layer.get_capacity(name) for name in ("http.x", "ab", "ba", "http")]
    assert found == [1, 2, 3, 3]
    layer.channel_capacity = layer.compile_capacities({"a": 2.5, "b": None})
    assert [layer.get_capacity(name) for name in "abc"] == [2.5, None, 9]
    assert lib.BaseChannelLayer().capacity == 100
    assert lib.BaseChannelLayer().expiry == 60


def test_a_layer_of_ones_own_compiles_its_patterns(lib):
    class Own(lib.BaseChannelLayer):
        def __init__(self, patterns):
            super().__init__(channel_capacity=patterns)
            self.given = self.channel_capacity
            self.channel_capacity = self.compile_capacities(self.given)

    layer = Own({"a*": 5})
    assert (layer.given, layer.get_capacity("abc")) == ({"a*": 5}, 5)
    assert lib.BaseChannelLayer().channel_capacity == {}
