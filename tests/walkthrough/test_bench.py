import re

import pytest
from walkthrough import bench


def test_packages_are_measured_in_turn():
    order = []

    async def measure(package):
        order.append(package)
        return float(len(order))

    assert bench.medians(measure, rounds=3) == [3.0, 4.0]
    assert order == bench.PACKAGES * 3


def test_every_line_has_both_figures_and_their_ratio(monkeypatch, capsys):
    monkeypatch.setattr(bench, "EVENTS", 3)
    monkeypatch.setattr(bench, "MEMBERS", [2])
    bench.main()
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["microseconds", "minichannels", "channels", "ratio"]
    assert len(lines) == 3
    for line in lines:
        assert re.search(r" +\d+\.\d\d +\d+\.\d\d +\d+\.\dx$", line), line


@pytest.mark.parametrize("package", bench.PACKAGES)
async def test_a_measure_is_a_time_for_one(package, monkeypatch):
    monkeypatch.setattr(bench, "EVENTS", 5)
    for measure in (bench.dispatch_client, bench.dispatch_layer, bench.group_send(3)):
        assert 0 < await measure(package) < 1
