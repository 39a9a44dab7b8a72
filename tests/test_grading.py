"""Other people's notebooks, one after another through the same warm processes: what each gets, what each leaves."""

import json
import os
import re
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lrcourse.grading import grader
from lrcourse.grading.process import Template
from tests.hostile import corpus
from tests.hostile.layers import EXERCISE, GOOD, LIMITS, TIME, attempt, places

NAMES = [name for name, *_ in corpus.CASES]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Every case between two good students, in one of two warm processes: result, traces, their scores."""
    found, queue, lock = {}, iter(corpus.CASES), threading.Lock()

    def work(where):
        with Template(LIMITS) as template:
            before = grader.grade(GOOD, EXERCISE, 1, template)["score"]
            while True:
                with lock:
                    case = next(queue, None)
                if case is None:
                    return
                outcome = attempt(template, case, where)
                after = grader.grade(GOOD, EXERCISE, 1, template)["score"]
                found[case[0]] = *outcome, before, after
                before = after

    os.environ["LRCOURSE_SECRET"] = "the answer"
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(2) as pool:
            port = server.getsockname()[1]
            for job in [pool.submit(work, places(tmp_path_factory.mktemp("school"), port)) for _ in range(2)]:
                job.result()
    finally:
        del os.environ["LRCOURSE_SECRET"]
    return found


def test_the_cases_have_names_of_their_own_and_are_many():
    assert len(set(NAMES)) == len(NAMES) >= 60


@pytest.mark.parametrize(("name", "allowed", "word"), [(n, s, w) for n, _, s, w in corpus.CASES], ids=NAMES)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are Linux's")
def test_hostile_and_careless_notebooks(outcomes, name, allowed, word):
    result, took, left, before, after = outcomes[name]
    said = json.dumps({key: result[key] for key in ("reason", "notes", "parts")})
    assert result["score"] in allowed, said
    assert result["max_score"] == 4
    assert re.search(word, said, re.IGNORECASE)
    assert (before, after) == (4, 4)
    assert left == []
    assert took < TIME
