"""The benchmarks' command line, and the measurements that need no clock."""

import json

import numpy as np
import pytest

from bench import adapters
from bench import sketch as sketch_bench
from bench.__main__ import BENCHMARKS, main


def test_list_names_every_benchmark(capsys):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(BENCHMARKS)


def test_an_unknown_name_is_refused_with_the_known_ones(capsys):
    assert main(["sketches"]) == 2
    assert "There are: sketch" in capsys.readouterr().err


def test_a_report_is_one_json_object_with_the_agreed_fields(capsys, monkeypatch):
    monkeypatch.setattr(sketch_bench, "MINUTES", 20)
    main(["sketch", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"name", "ours", "peer", "ratio", "goal", "holds", "machine"}
    assert report["ours"]["worst_error"] <= 0.01


def test_ours_is_no_larger_and_no_less_accurate_than_the_peer():
    pytest.importorskip("ddsketch")
    minutes = np.random.default_rng(5).lognormal(5.5, 0.9, (60, 200))
    ours = sketch_bench.measure(adapters.sketch(), minutes, 1)
    peer = sketch_bench.measure(sketch_bench.DdSketch(), minutes, 1)
    assert ours["worst_error"] <= 0.01
    assert ours["bytes_per_sketch"] <= peer["bytes_per_sketch"]
    assert ours["bytes_merged"] <= peer["bytes_merged"]
