// The floor of mini-batch noise: plotting/floors.py, in the browser, with the draws that Python made.

KINDS.noise = (data) => {
  const { steps, goal, start, limit, rates, ends, words } = data;
  const compile = (source) => new Function(`return ${source}`)();
  const step = compile(data.step), floor = compile(data.floor), settled = compile(data.settled);
  const drawn = decode(data.drawn, Float32Array), runs = drawn.length / steps;

  // The mean loss, and that of the first run, before each step and after the last.
  function losses(lr, batch) {
    const theta = new Float64Array(runs).fill(start), mean = [], one = [];
    for (let k = 0; k <= steps; k++) {
      const first = Math.min(k, steps - 1) * runs;
      let sum = 0;
      for (let run = 0; run < runs; run++) {
        const [next, loss] = step(theta[run], drawn[first + run], lr, batch);
        theta[run] = next;
        sum += loss;
        if (run === 0) one.push(loss);
      }
      mean.push(sum / runs);
    }
    return { mean, one };
  }

  function said(lr, batch, lowest, end, diverged) {
    const texts = { rate: short(lr), batch, end: short(end), limit: short(limit) };
    if (diverged >= 0) return fill(words.diverged, { step: diverged, ...texts });
    if (lowest === null) return fill(words.lost, texts);
    const [after] = settled(lr, batch), alike = fill(words.alike, { ratio: short(lr / batch) });
    const sentence = words[after <= steps ? "there" : "on the way"];
    return fill(sentence, { floor: short(lowest), after, steps, alike, ...texts });
  }

  return ({ lr, batch_size: batch }) => {
    const { mean, one } = losses(lr, batch);
    const diverged = mean.findIndex((loss) => !(loss <= ends.blowUp * mean[0]));
    const shown = mean.map((_, k) => k).slice(0, diverged < 0 ? undefined : diverged + 1);
    const lowest = lr < limit ? floor(lr, batch)[0] : null;
    const last = mean.slice(-Math.floor(steps / ends.last));
    const end = diverged < 0 ? last.reduce((sum, loss) => sum + loss, 0) / last.length : Infinity;
    const reached = goal !== null && end < goal;
    return {
      moves: [
        { x: shown, y: one.slice(0, shown.length) },
        { x: shown, y: mean.slice(0, shown.length) },
        { x: [0, steps], y: [lowest, lowest] },
        { x: rates, y: rates.map((rate) => floor(rate, batch)[0]) },
        { x: [lr], y: [Math.max(ends.losses[0], Math.min(ends.losses[1] / 2, end))] },
      ],
      words: said(lr, batch, lowest, end, diverged) + (goal === null ? "" : words.goal[Number(reached)]),
      reached,
      score: end,
    };
  };
};
