"""A small exercise to attack: the path of gradient descent on f(w) = w²/2, and the largest stable rate there."""

from lrcourse.checks.tasks import Failure, Task, Verdict


def cases(random):
    return [(float(random.uniform(1, 3)), float(random.uniform(0.1, 1.5)), int(n)) for n in (0, 1, 5)]


def judge_path(cases, results):
    for (w0, lr, steps), result in zip(cases, results, strict=True):
        at = f"gd_path({w0:.3g}, {lr:.3g}, {steps})"
        if isinstance(result, Failure):
            return Verdict(0, f"{at}: {result.kind}: {result.message}")
        path = [float(w) for w in result]
        if len(path) != steps + 1:
            return Verdict(0, f"{at} has {len(path)} values, not {steps + 1}", "length")
        expected = [w0 * (1 - lr) ** t for t in range(steps + 1)]
        if not all(abs(w - e) <= 1e-6 * abs(w0) for w, e in zip(path, expected, strict=True)):
            slip = "uphill" if steps and abs(path[1] - w0 * (1 + lr)) < 1e-6 else ""
            return Verdict(0, f"{at} goes elsewhere", slip)
    return Verdict(1, "right")


def judge_limit(cases, results):
    if isinstance(results[0], Failure):
        return Verdict(0, f"limit: {results[0].kind}: {results[0].message}")
    return Verdict(1, "right") if float(results[0]) == 2 else Verdict(0, "limit: not that")


TASKS = (Task("gd_path", 3, cases, judge_path), Task("limit", 1, None, judge_limit))
