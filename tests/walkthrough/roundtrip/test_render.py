"""The pages show the recording: every step, its sentence, its line, and no more."""

import re
from pathlib import Path

import pytest
from markdown import Markdown
from walkthrough.fences import DOCS
from walkthrough.roundtrip.answers import answers, page_of, slug
from walkthrough.roundtrip.links import upstream
from walkthrough.roundtrip.markdown import attributes
from walkthrough.roundtrip.reasons import reasons
from walkthrough.roundtrip.record import STACKS, committed
from walkthrough.roundtrip.render import TITLES, Page, Phase

PAGES = [DOCS / "chapters/roundtrip.md", *sorted((DOCS / "roundtrip").glob("*.md"))]


def html_of(path: Path) -> str:
    return Markdown(extensions=["attr_list", "walkthrough.roundtrip.markdown"]).convert(
        path.read_text("utf-8")
    )


def test_each_recorded_step_has_a_sentence_and_each_sentence_a_step() -> None:
    recorded = {
        step["name"]
        for stack in STACKS
        for turns in committed(stack)["phases"].values()
        for turn in turns
        for step in turn["steps"]
    }
    assert recorded == reasons().keys()


def test_each_phase_has_its_section_with_its_heading() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES)
    for phase in committed("channels")["phases"]:
        section = text.partition(f"## {TITLES[phase]} {{ #{phase} }}")[2]
        assert f'{{ .roundtrip phase="{phase}" }}' in section.partition("\n## ")[0]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_inside_a_page_lead_somewhere_and_ids_are_given_once(path: Path) -> None:
    html = html_of(path)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


@pytest.mark.parametrize("name", committed("channels")["phases"])
def test_the_counts_of_a_phase_are_those_of_its_list(name: str) -> None:
    html = Page().phases([Phase("channels", name)])
    counts = Phase("channels", name).counts()
    assert len(re.findall(rf'<li id="{name}-\d+">', html)) == counts["step"]
    assert html.count('class="rt-turn ') == counts["turn"]
    assert f"{counts['step']} steps" in html


def test_the_short_path_of_a_frame_is_where_one_library_calls_another() -> None:
    path = [
        (each.layer, each.record["name"].rpartition(".")[2], list(each.events))
        for each in Phase("channels", "ws-frame").handovers()
    ]
    assert path == [
        ("twisted", "doRead", []),
        ("daphne", "onMessage", ["websocket.receive"]),
        ("channels", "dispatch", []),
        ("django", "db:close_old_connections", []),
        ("channels", "websocket_receive", []),
        ("yours", "receive", []),
        ("channels", "send", []),
        ("daphne", "handle_reply", ["websocket.send"]),
        ("twisted", "sendMessage", []),
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_a_short_path_is_short_and_has_every_event_and_all_that_is_yours(
    stack: str,
) -> None:
    for name, turns in committed(stack)["phases"].items():
        steps = [step for turn in turns for step in turn["steps"]]
        path = Phase(stack, name).handovers()
        put = {s["event"]["type"] for s in steps if "event" in s and not s.get("taken")}
        assert len(path) <= 25
        assert {event for each in path for event in each.events} == put
        shown = {each.record["name"] for each in path}
        assert {s["name"] for s in steps if s["layer"] == "yours"} <= shown


def test_a_turn_that_was_shown_before_is_a_link_to_it() -> None:
    page = Page()
    page.phases([Phase("channels", "http-sync")])
    html = page.phases([Phase("channels", "http-async")])
    assert '<a href="#http-sync-3-turn">HTTP to a sync view</a>' in html


def test_a_step_links_to_the_tagged_line_of_the_recorded_version() -> None:
    html = Page().phases([Phase("channels", "http-sync")])
    versions = committed("channels")["versions"]
    _, _, step = Phase("channels", "http-sync").find(
        "daphne.server:Server.create_application"
    )
    line = step["at"].partition(":")[2]
    tree = f"github.com/django/daphne/blob/{versions['daphne']}"
    assert f'href="https://{tree}/daphne/server.py#L{line}"' in html


def test_every_recorded_line_of_another_package_has_a_link() -> None:
    for stack in STACKS:
        recording = committed(stack)
        for turns in recording["phases"].values():
            for step in (step for turn in turns for step in turn["steps"]):
                ours = step["layer"] in ("yours", "minichannels")
                link = upstream(step["at"], recording["versions"])
                assert (link is None) is ours, step["at"]


@pytest.mark.parametrize("answer", answers(), ids=lambda answer: answer["question"])
def test_an_answer_leads_to_a_step_of_its_page(answer: dict[str, str]) -> None:
    phase = Phase("channels", answer["phase"])
    number, _, _ = phase.find(answer["step"])
    folder = DOCS / "chapters" / page_of(phase)
    names = {"": "chapters/roundtrip.md"}
    name = names.get(page_of(phase), f"roundtrip/{folder.name}.md")
    assert f'id="{phase.id(number)}"' in html_of(DOCS / name)


def test_the_front_page_leads_to_the_answers() -> None:
    front = (DOCS / "index.md").read_text("utf-8")
    chapter = html_of(DOCS / "chapters/roundtrip.md")
    for answer in answers()[:5]:
        name = slug(answer["question"])
        words = answer["question"].lower().rstrip("?")
        assert f"[{words}](chapters/roundtrip.md#{name})" in front
        assert f'<h3 id="{name}">{answer["question"]}</h3>' in chapter


def test_what_the_answers_say_is_what_was_recorded() -> None:
    http = Phase("channels", "http-sync")
    _, turn, _ = http.find("channels.routing:ProtocolTypeRouter.__call__")
    steps = [step for each in http.turns for step in each["steps"]]
    assert steps[turn["cause"] - 1]["name"].endswith(":Server.create_application")

    _, turn, _ = http.find("roundtrip.views:hello")
    assert turn["thread"] == "request"
    asked = turn["cause"] - 1
    assert steps[asked]["name"] == "asgiref.sync:SyncToAsync.__call__"
    assert steps[asked]["from"].startswith("django/core/handlers/base.py:")

    _, turn, _ = http.find("django.core.handlers.asgi:ASGIHandler.send_response")
    assert turn["thread"] == "loop"

    _, turn, _ = Phase("channels", "ws-frame").find(
        "channels.consumer:AsyncConsumer.dispatch"
    )
    assert turn["within"][-1] == "await_many_dispatch"


def test_a_fence_of_an_unknown_phase_fails_the_build() -> None:
    with pytest.raises(KeyError, match="tea"):
        Markdown(extensions=["walkthrough.roundtrip.markdown"]).convert(
            '``` { .roundtrip phase="tea" }\n```'
        )


def test_the_attributes_of_a_fence_are_read_as_written() -> None:
    assert attributes('phase="a-b" stacks="x y"') == {"phase": "a-b", "stacks": "x y"}
