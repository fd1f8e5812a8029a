"""What a bench finds is told as it is: ratios of pairs, targets, the README's table."""

import json

import pytest
from figures import TIMES, alone, at_least, at_most, by_turns, compare
from report import BEGIN, END, Report, as_json, put_into, summary, table

MACHINE = {"cpu": "a CPU", "cores": "2", "kernel": "Linux 6.18", "python": "3.11.7", "load": "0.10"}


@pytest.fixture
def report():
    found = Report(MACHINE, {"sockviz": "0.1.0"}, quick=False)
    slower = compare("first frame", "ms", "an empty app", [(120, 100), (110, 100), (400, 100)], at_most(1.3))
    faster = compare("listed", "µs", "rdpcap", [(4, 100), (5, 100)], at_least(30), faster=True, short=True)
    found.areas = {"start": [slower], "pcap": [faster, alone("memory", "MiB", [3.25, 3.75], note="more")]}
    found.skipped = ["capture: tshark is not installed"]
    return found


def test_a_ratio_is_the_median_of_the_pairs(report):
    slower, faster, memory = report.rows()
    assert (slower.ratio.median, slower.ratio.low, slower.ratio.high) == (1.2, 1.1, 4)
    assert faster.ratio.median == 22.5
    assert (slower.met, faster.met, memory.met) == (True, False, None)


def test_the_order_in_a_pair_is_turned_round_each_time():
    order = []
    rounds = by_turns(3, lambda: order.append("ours") or 1, lambda: order.append("theirs") or 2)
    assert rounds == [(1, 2)] * 3
    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


def test_the_table_tells_what_was_missed(report):
    text = table(report)
    assert f"1.2 {TIMES}" in text
    assert "MISSED" in next(line for line in text.splitlines() if "listed" in line)
    assert "met" in next(line for line in text.splitlines() if "first frame" in line)
    assert "memory (more)" in text
    told = summary(report)
    assert "1 of 2 targets met" in told
    assert "Missed: listed" in told
    assert "tshark is not installed" in told


def test_all_values_are_in_the_json(report):
    whole = json.loads(as_json(report))
    assert whole["machine"] == MACHINE
    assert [row["what"] for row in whole["rows"]] == ["first frame", "listed", "memory"]
    assert whole["rows"][0]["ours"]["values"] == [120, 110, 400]
    assert whole["rows"][1]["met"] is False


def test_the_readme_gets_the_short_rows_between_its_marks(report, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put_into(readme, report)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| listed | 4.5 µs |" in text
    assert "first frame" not in text
    assert "a CPU, 2 cores, Linux 6.18, Python 3.11.7" in text
    put_into(readme, report)
    assert readme.read_text() == text
    readme.write_text("no place")
    with pytest.raises(SystemExit, match="no place for the table"):
        put_into(readme, report)
