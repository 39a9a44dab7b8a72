"""The exercises as files: one source each, and what is made from it for learners, for proof and for nbgrader.

A new exercise is a notebook in ``exercises/source``, with its solutions between nbgrader's marks and its checks in
cells of their own, and a module of the same number in ``checks`` with its ``TASKS``. Then ``lrcourse exercises
release`` makes the learner's notebook, and ``lrcourse exercises verify`` proves it.
"""
