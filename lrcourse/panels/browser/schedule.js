// Schedules: their curves, sums and seams, as plotting/curves.py draws them, of formulas traced in panels/formulas.py.

// A schedule, a join of schedules, or one by epoch: each gives {rate, misfit, seams, marks}, functions of the values.
function grown(node, words) {
  const number = (one, values) => (typeof one === "string" ? values[one] : one);
  if (node.parts) {
    const startsOf = (values) => node.starts.map((one) => number(one, values));
    return joined(node.parts.map((part) => grown(part, words)), startsOf, words);
  }
  if (node.part) return byEpoch(grown(node.part, words), (values) => number(node.each, values));
  const compile = (source) => new Function(`return ${source}`)();
  const compute = compile(node.rate), limits = node.limits.map((limit) => ({ ...limit, fits: compile(limit.fits) }));
  const taken = (values) => node.takes.map((key) => values[key]);
  return {
    rate(values) {
      const own = taken(values);
      return (step) => compute(step, own)[0];
    },
    misfit(values) {
      const own = taken(values), wrong = limits.find((limit) => !limit.fits(0, own)[0]);
      const milestones = node.milestones.map((one) => number(one, values));
      if (!rises(milestones)) return unrisen(milestones, words);
      if (!wrong) return null;
      const texts = Object.entries(wrong.numbers).map(([name, one]) => [name, short(number(one, values))]);
      return fill(wrong.says, Object.fromEntries(texts));
    },
    seams: () => [],
    marks(values) {
      if (node.milestones.length) return node.milestones.map((one) => number(one, values));
      let sum = 0;
      return node.counts.map((one) => (sum += number(one, values)));
    },
  };
}

const rises = (numbers) => numbers.every((one, k) => k === 0 || numbers[k - 1] < one);
const unrisen = (milestones, words) => fill(words.rising, { milestones: `[${milestones.join(", ")}]` });

function joined(parts, startsOf, words) {
  // What each part has, moved to where it starts, as far as it is on.
  const inside = (values, listOf, moved) => {
    const starts = [0, ...startsOf(values), Infinity];
    const found = parts.map((part, k) => listOf(part).map((one) => moved(one, starts[k])));
    return found.flatMap((some, k) => some.filter((one) => (one[0] ?? one) < starts[k + 1]));
  };
  return {
    rate(values) {
      const starts = startsOf(values), rates = parts.map((part) => part.rate(values));
      return (step) => {
        let k = starts.length;
        while (k > 0 && step < starts[k - 1]) k--;
        return rates[k](k > 0 ? step - starts[k - 1] : step);
      };
    },
    misfit(values) {
      const message = parts.map((part) => part.misfit(values)).find((one) => one !== null);
      return message ?? (rises(startsOf(values)) ? null : unrisen(startsOf(values), words));
    },
    seams(values) {
      const found = inside(values, (part) => part.seams(values), ([step, ...rates], start) => [start + step, ...rates]);
      const starts = [0, ...startsOf(values)], rates = parts.map((part) => part.rate(values));
      for (let k = 1; k < parts.length; k++) {
        const length = starts[k] - starts[k - 1];
        const last = rates[k - 1](length - 1), due = rates[k - 1](length), first = rates[k](0);
        const gap = Math.max(Math.min(last, due) - first, first - Math.max(last, due));
        if (gap > 1e-9 * Math.max(last, due)) found.push([starts[k], due, first]);
      }
      return found.sort((one, other) => one[0] - other[0]);
    },
    marks(values) {
      const inner = inside(values, (part) => part.marks(values), (step, start) => start + step);
      return [...new Set([...inner, ...startsOf(values)])].sort((one, other) => one - other);
    },
  };
}

function byEpoch(part, eachOf) {
  return {
    rate(values) {
      const rate = part.rate(values), each = eachOf(values);
      return (step) => rate(Math.floor(step / each));
    },
    misfit: part.misfit,
    seams: (values) => part.seams(values).map(([step, ...rates]) => [step * eachOf(values), ...rates]),
    marks: (values) => part.marks(values).map((step) => step * eachOf(values)),
  };
}

KINDS.schedule = ({ steps, points, goal, names, schedules, ends, words }) => {
  const grownUp = schedules.map((node) => grown(node, words));
  const power = (exponent) => Number(`1e${exponent}`);

  // The next of 1, 2 or 5 times a power of ten.
  function nice(value) {
    if (!(value > 0)) return 1;
    const unit = power(Math.floor(Math.log10(value)));
    return [1, 2, 5, 10].map((digit) => digit * unit).find((end) => value <= end * (1 + 1e-9));
  }

  function curve(schedule, values) {
    const misfit = schedule.misfit(values);
    if (misfit !== null) return { misfit };
    const rate = schedule.rate(values), rates = new Float64Array(steps), sums = new Float64Array(steps);
    let sum = 0, top = -Infinity;
    for (let step = 0; step < steps; step++) {
      rates[step] = rate(step);
      sums[step] = sum += rates[step];
      top = Math.max(top, rates[step]);
    }
    return { misfit, rates, sums, top, area: sum, seams: schedule.seams(values), marks: schedule.marks(values) };
  }

  function said(one, name) {
    if (one.misfit !== null) return `${name}: ${one.misfit}.`;
    const jump = ([step, left, right]) => fill(words.jump, { step, left: short(left), right: short(right) });
    const texts = { first: short(one.rates[0]), last: short(one.rates[steps - 1]), area: short(one.area) };
    return fill(words.text, { name, steps, ...texts, jumps: one.seams.map(jump).join("") });
  }

  return (values) => {
    const found = grownUp.map((schedule) => curve(schedule, values)), fine = found.filter((one) => one.misfit === null);
    const most = (key) => nice(fine.length ? Math.max(...fine.map((one) => one[key])) : 1);
    const { room, decades } = ends, top = most("top"), decade = Math.ceil(Math.log10(top));
    const log = values.scale === "logarithmic";
    const limits = log ? [power(decade - decades), room ** 4 * power(decade)] : [0, room * top];
    const moves = found.flatMap(({ misfit, rates, sums, seams, marks }) => {
      if (misfit !== null) {
        const nothing = { x: points, y: points.map(() => null) };
        return [{ x: [], y: [] }, nothing, nothing, { x: [], y: [] }];
      }
      return [
        { x: marks.flatMap((step) => [step, step, step]), y: marks.flatMap(() => [0, 1, null]) },
        { x: points, y: points.map((step) => rates[step]) },
        { x: points, y: points.map((step) => sums[step]) },
        { x: seams.flatMap(([step]) => [step, step]), y: seams.flatMap(([, left, right]) => [left, right]) },
      ];
    });
    const miss = found[0].misfit === null ? Math.abs(found[0].area - goal) : Infinity;
    const reached = goal !== null && miss <= goal / 50;
    const sentences = found.map((one, k) => said(one, names[k])).join(" ");
    return {
      moves,
      limits: {
        0: { y: { limits, log } },
        1: { y: { limits: [0, room * most("area")], log: false } },
      },
      words: sentences + (goal === null ? "" : words.goal[Number(reached)]),
      reached,
      score: miss,
    };
  };
};
