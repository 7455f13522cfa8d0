import re

import pytest
from walkthrough import bench_server


def test_every_line_has_the_figures_of_all_servers_and_two_ratios(monkeypatch, capsys):
    async def measure():
        return {"HTTP requests": [3000.0, 2000.0, 1000.0]}

    monkeypatch.setattr(bench_server, "measure", measure)
    bench_server.main()
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["a", "second", "minichannels", "daphne", "uvicorn"]
    assert line.split()[2:] == ["3,000", "2,000", "1,000", "1.5x", "3.0x"]


async def test_all_servers_are_measured_by_both_measures():
    medians = await bench_server.measure(rounds=1, times=2)
    assert list(medians) == ["HTTP requests", "WebSocket echoes"]
    assert all(rate > 0 for rates in medians.values() for rate in rates)
    assert [len(rates) for rates in medians.values()] == [3, 3]


async def test_a_server_that_does_not_start_is_an_error():
    with pytest.raises(RuntimeError, match=r"The server ended with \d"):
        async with bench_server.serving("minichannels", "no_such:thing"):
            pytest.fail("it is served")


def test_the_servers_are_asked_the_same():
    for command in bench_server.COMMANDS.values():
        assert re.findall(r"{(\w+)}", command).count("application") == 1
