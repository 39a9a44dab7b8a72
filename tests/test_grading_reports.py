"""What a teacher and students get to read, from results written here by hand."""

import json

import pytest

from lrcourse.grading import pages, reports


def part(name="gd_path", score=3, most=3, message="right", slip=""):
    return {"name": name, "score": score, "max_score": most, "message": message, "slip": slip}


def row(student, parts, **more):
    return {
        "student": student,
        "name": "",
        "user": "",
        "assignment": "",
        "exercise": "ex01",
        "label": f"{student}.ipynb",
        "timestamp": "2026-01-02 03:04:05",
        "file": f"{student}-0123456789",
        "score": sum(p["score"] for p in parts),
        "max_score": sum(p["max_score"] for p in parts),
        "parts": parts,
        "reason": "",
        "notes": [],
        "layers": ["seccomp", "landlock"],
        "cells": ["def gd_path(): pass"],
        **more,
    }


WRONG = [part(score=0, message="the path climbs", slip="uphill"), part("limit", 0.5, 1, "half", "half")]
ROWS = [
    row("anna_17", [part(), part("limit", 1, 1)], name="Anna Maria Doe", user="17", assignment="hw1"),
    row("ben", WRONG, notes=["cell 2 stopped: NameError"]),
    row("cy", WRONG, reason="timeout: gd_path: took longer than 2 s", layers=[]),
]


def test_grades_have_nbgraders_columns():
    assert reports.grades(ROWS).splitlines() == [
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score",
        "hw1,,2026-01-02 03:04:05,anna_17,Doe,Anna Maria,,4,0.0,4,4",
        "ex01,,2026-01-02 03:04:05,ben,,,,0.5,0.0,0.5,4",
        "ex01,,2026-01-02 03:04:05,cy,,,,0.5,0.0,0.5,4",
    ]


def test_canvas_finds_its_students_by_their_numbers():
    other = row("anna_17", [part(score=1)], name="Anna Maria Doe", user="17", exercise="ex03")
    assert reports.canvas([*ROWS, other]).splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,ex01,ex03",
        "    Points Possible,,,,,4,3",
        "Anna Maria Doe,17,,,,4,1",
        "ben,,,ben,,0.5,",
        "cy,,,cy,,0.5,",
    ]


def test_gradescope_reads_points_and_reasons():
    result = reports.gradescope({**ROWS[1], "reason": "timeout"})
    assert json.loads(json.dumps(result)) == {
        "score": 0.5,
        "output": "timeout\ncell 2 stopped: NameError",
        "output_format": "text",
        "tests": [
            {
                "name": "gd_path",
                "score": 0,
                "max_score": 3,
                "status": "failed",
                "output": "the path climbs",
                "output_format": "text",
            },
            {
                "name": "limit",
                "score": 0.5,
                "max_score": 1,
                "status": "failed",
                "output": "half",
                "output_format": "text",
            },
        ],
    }
    assert [test["status"] for test in reports.gradescope(ROWS[0])["tests"]] == ["passed", "passed"]


def test_the_summary_says_how_many_how_good_and_what_went_wrong():
    assert reports.summary(ROWS, earlier=2).splitlines() == [
        "3 submissions, 2 earlier ones of the same students passed over",
        "in force for 2: landlock, seccomp",
        "",
        "ex01",
        "    0– 20 %     2  ###########################",
        "   20– 40 %     0",
        "   40– 60 %     0",
        "   60– 80 %     0",
        "   80–100 %     1  #############",
        "  mean 42 %, median 12 %",
        "  gd_path: 1 of 3 right",
        "  limit: 1 of 3 right",
        "  2 × gd_path: uphill",
        "  2 × limit: half",
        "",
        "To look at",
        "  cy: cy.ipynb: timeout: gd_path: took longer than 2 s",
    ]


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("-1.5", "-1.5"),
        ("a\r\n=b\x1b[0m\u202e", "a�=b�[0m�"),
    ],
)
def test_nothing_is_a_formula_or_steers_a_terminal(field, shown):
    assert reports.as_csv([[field]]) == f"{shown}\n"


def test_a_page_shows_points_messages_and_the_cells_that_they_are_about():
    evil = "<script>&"
    cells = ["def gd_path(): '<script>&'", "gd_path(1)", "limit = 2", "print(limit)", "x = 1"]
    page = pages.feedback(row(evil, WRONG, cells=cells, notes=[evil], reason=evil, exercise=None))
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    assert "<h1>Exercise: &lt;script&gt;&amp;</h1>" in page
    assert "<b>0.5 of 4 points</b>" in page
    assert '<section class="wrong">\n<h2>gd_path: 0 of 3</h2>\n<pre>the path climbs</pre>\n<pre>def gd_path()' in page
    assert page.count("&lt;script&gt;&amp;") == 5  # title, heading, reason, note, cell
    assert "limit = 2" in page
    for passed_over in ("gd_path(1)", "print(limit)", "x = 1"):
        assert passed_over not in page
    assert '<section class="right">' in pages.feedback(ROWS[0])
    message = pages.feedback(row("a", [part(message=evil)]))
    assert "&lt;script&gt;&amp;" in message
    assert "<script" not in message


def test_the_teachers_page_leads_to_each_students():
    page = pages.summary("3 <b>", [row("<i>", WRONG, file="i-1")])
    assert '<li><a href="feedback/i-1.html">&lt;i&gt;</a>: 0.5 of 4</li>' in page
    assert "3 &lt;b&gt;" in page


def test_what_does_not_count_any_more_is_taken_away_and_nothing_else(tmp_path):
    reports.write(ROWS, tmp_path)
    (tmp_path / "feedback" / "mine.html").write_text("x")
    before = (tmp_path / "feedback" / "ben-0123456789.html").stat().st_mtime_ns
    reports.write(ROWS[1:], tmp_path)
    found = sorted(path.name for path in (tmp_path / "feedback").iterdir())
    assert found == ["ben-0123456789.html", "cy-0123456789.html", "mine.html"]
    assert sorted(path.name for path in (tmp_path / "gradescope").iterdir()) == [
        "ben-0123456789.json",
        "cy-0123456789.json",
    ]
    assert (tmp_path / "feedback" / "ben-0123456789.html").stat().st_mtime_ns == before  # not written again
