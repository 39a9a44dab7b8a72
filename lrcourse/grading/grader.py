"""One submission: run it apart, send the hidden inputs, hand what comes back to the task's judge."""

import importlib
import time
import zlib

import numpy as np

from lrcourse.checks.tasks import Failure
from lrcourse.grading import reading
from lrcourse.grading.process import Ended, Student
from lrcourse.grading.sealed import values

TRIES = 6  # so many cells may take the process down, one after another
SHOWN = 100_000  # characters that feedback quotes
KINDS = ("missing", "raised", "memory", "broken answer")  # what a student's process may say of itself


def tasks_of(exercise):
    """The tasks of an exercise."""
    return importlib.import_module(module_of(exercise)).TASKS


def module_of(exercise):
    """``ex01`` is lrcourse.checks.ex01; a name with dots is a module of your own."""
    return exercise if "." in exercise else f"lrcourse.checks.{exercise}"


def grade(content, exercise, seed, template):
    """The result of a submission as a dict that JSON can hold: score, max_score, parts, reason, notes, layers, cells.

    content: the bytes of the notebook. seed: of the hidden inputs. template: a ``Template``. Raises nothing for
    anything that a student can hand in.
    """
    tasks, began = tasks_of(exercise), time.monotonic()
    try:
        cells = reading.cells(content)
    except reading.Refused as refusal:
        return refused(str(refusal), tasks)
    sitting = Sitting(cells, template)
    parts = []
    try:
        for task in tasks:
            cases = None if task.cases is None else task.cases(generator(seed, task))
            parts.append(judged(task, cases, sitting.results(task.name, cases)))
    finally:
        sitting.end()
    return {
        "score": sum(part["score"] for part in parts),
        "max_score": sum(part["max_score"] for part in parts),
        "parts": parts,
        "reason": sitting.reason,
        "notes": sitting.notes(),
        "layers": sitting.layers,
        "starved": sitting.starved,
        "cells": shown(cells),
        "seconds": round(time.monotonic() - began, 3),
    }


def shown(cells):
    """The cells as far as feedback quotes them."""
    room, kept = SHOWN, []
    for cell in cells:
        kept.append(cell[:room])
        room -= len(kept[-1]) + 1
        if room <= 0:
            break
    return kept


def refused(reason, tasks=()):
    """The result of a submission that could not be read."""
    parts = [
        {"name": task.name, "score": 0.0, "max_score": task.points, "message": "not graded", "slip": ""}
        for task in tasks
    ]
    total = sum(task.points for task in tasks)
    return {
        "score": 0.0,
        "max_score": total,
        "parts": parts,
        "reason": f"refused: {reason}",
        "notes": [],
        "layers": [],
        "starved": False,
        "cells": [],
        "seconds": 0.0,
    }


def generator(seed, task):
    return np.random.default_rng([seed, zlib.crc32(task.name.encode())])


def judged(task, cases, results):
    """The part of a result that stands for one task."""
    try:
        with np.errstate(all="ignore"):
            verdict = task.judge(cases, results)
        share, message, slip = float(verdict.share), str(verdict.message), str(verdict.slip)
        if not 0 <= share <= 1:
            raise ValueError(f"share must be in [0, 1]; received {share}")
    except Exception as error:  # an answer that the check's author did not think of: no marks, and the teacher is told
        share, slip = 0.0, "not judged"
        message = f"broken answer: the check could not judge it ({type(error).__name__}: {error})"[:500]
    score = round(share * task.points, 6)
    return {"name": task.name, "score": score, "max_score": task.points, "message": message, "slip": slip}


class Sitting:
    """A student's notebook in a process, which is started again when the notebook has brought it down."""

    def __init__(self, cells, template):
        self.cells, self.template, self.limits = cells, template, template.limits
        self.deadline = time.monotonic() + self.limits.total
        self.student, self.layers, self.reason, self.strays = None, [], "", 0
        self.stopped, self.skipped, self.lost = {}, {}, None
        self.late, self.starved = False, False  # a time limit was met; and others had most of the time meanwhile

    def results(self, name, cases):
        """One result for each case, or Failure. After a process is lost, the rest of the cases share its Failure."""
        results, failure = [], None
        for arguments in [None] if cases is None else cases:
            if failure is None:
                try:
                    results.append(self.result(name, arguments))
                    continue
                except Ended as ended:
                    self.end(ended)
                    failure = Failure(ended.kind, str(ended))
                    self.reason = self.reason or f"{ended.kind}: {name}: {ended}"
            results.append(failure)
        return results

    def result(self, name, arguments):
        if time.monotonic() > self.deadline:
            raise Ended("timeout", f"the notebook took longer than {self.limits.total:g} s in all")
        if self.lost is not None:
            raise self.lost
        if self.student is None:
            self.open()
        sent = None if arguments is None else [values.encode(argument, 1 << 24) for argument in arguments]
        deadline = time.monotonic() + self.limits.call
        self.student.send({"name": name, "arguments": sent}, deadline)
        try:
            return self.understood(name, self.student.receive(deadline))
        except Ended as ended:
            if str(ended) == "no answer in time":
                raise Ended("timeout", f"took longer than {self.limits.call:g} s") from None
            raise

    def understood(self, name, message):
        """A result from a message that may be anything."""
        try:
            if "value" in message:
                return values.decode(message["value"])
            kind, text = message["failure"]
            if kind not in KINDS or type(text) is not str:
                raise ValueError("no failure")
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError, MemoryError):
            self.reason = self.reason or f"broken answer: {name}"
            return Failure("broken answer", "not in the form of an answer")
        if kind == "missing":
            text = f"{name} is not defined"
            for number, why in {**self.stopped, **self.skipped}.items():
                if name in self.cells[number - 1]:
                    text += f"; cell {number}, which names it, stopped: {why}"
        return Failure(kind, text[:1000])

    def open(self):
        """Start the process and run the cells; a cell that brings it down is left out the next time."""
        for _ in range(TRIES):
            self.student, number = Student(self.template), 0
            self.layers = self.student.layers
            try:
                begin = {"cells": self.cells, "skip": list(self.skipped), "seconds": self.limits.cell}
                deadline = min(self.deadline, time.monotonic() + self.limits.cell + 1)
                self.student.send(begin, deadline)
                while "ran" not in (message := self.student.receive(deadline)):
                    if type(message.get("cell")) is not int or not number < message["cell"] <= len(self.cells):
                        raise Ended("broken answer", "not in the form of an answer")
                    number = message["cell"]
                    deadline = min(self.deadline, time.monotonic() + self.limits.cell + 1)
                self.stopped = stops(message["ran"], len(self.cells))
                self.late = any("TimeUp: " in why for why in self.stopped.values())
                return
            except Ended as ended:
                self.end(ended)
                last = ended
                self.skipped[number] = f"{ended.kind}: {ended}"
                self.reason = self.reason or f"{ended.kind}: cell {number}: {ended}"
                if time.monotonic() > self.deadline:
                    break
        self.lost = Ended(last.kind, f"the notebook cannot be run: {last}")
        raise self.lost

    def end(self, ended=None):
        if self.student is not None:
            alive, end = time.monotonic() - self.student.began, self.student.end()
            self.strays += end.get("strays", 0)
            self.late |= ended is not None and ended.kind == "timeout"
            self.starved |= self.late and end.get("cpu", alive) < alive / 2
            self.student, self.late = None, False

    def notes(self):
        """What a person should know about how it went."""
        notes = [f"cell {number} stopped: {why}" for number, why in self.stopped.items()]
        notes += [f"cell {number} was left out: {why}" for number, why in self.skipped.items()]
        if self.starved:
            notes.append("when it took too long, it was waiting, or other processes had the processor")
        if self.strays:
            notes.append(f"it left {self.strays} processes behind; they were ended")
        return notes[:50]


def stops(data, count):
    """Which cells stopped and why, as far as the message makes sense."""
    if type(data) is not list:
        return {}
    pairs = [item for item in data if type(item) is list and len(item) == 2]
    return {n: w[:500] for n, w in pairs if type(n) is int and 0 < n <= count and type(w) is str}
