// Rules side by side on a landscape: training.descend and plotting/descents.py, in the browser.
//
// All rates of the slider are trained when anything else changes, so that the rate only picks.

KINDS.landscape = (data) => {
  const { steps, goal, limit, ends, words } = data;
  const compile = (source) => new Function(`return ${source}`)();
  const value = compile(data.value), gradients = data.gradients.map(compile);
  const rules = data.rules.map((rule) => ({ ...rule, compute: compile(rule.formula) }));
  const [lowest, highest] = data.domain.map((end, k) => end ?? [-Infinity, Infinity][k]);
  const inside = (one) => Math.max(lowest, Math.min(highest, one));
  const trained = new Map(), logs = data.rates.map(Math.log);
  let limits = null;

  // One run: its path, its losses, and the step at which it diverged, −1 if it never did.
  // A rule takes theta, g, what it carries, and then hyperparameters; it gives theta and what it carries.
  function descend(rule, settings, lr, start) {
    const carried = 2 + rule.carries.length, t = rule.takes.indexOf("t");
    const inputs = rule.takes.map((name) => (name === "lr" ? lr : settings[rule.settings[name]]));
    const state = start.map((theta) => [theta, ...rule.carries.map(() => 0)]);
    const path = [], losses = [];
    for (let step = 0; ; step++) {
      const theta = state.map((one) => inside(one[0]));
      path.push(theta);
      losses.push(value(theta)[0]);
      if (step === steps) break;
      const g = gradients[Math.min(step, gradients.length - 1)](theta);
      if (t > 0) inputs[t] = step + 1;
      for (let k = 0; k < theta.length; k++) {
        [inputs[0], inputs[1]] = [theta[k], g[k]];
        for (let j = 2; j < carried; j++) inputs[j] = state[k][j - 1];
        state[k] = rule.compute(...inputs);
      }
    }
    const diverged = losses.findIndex((loss) => !(loss <= ends.blowUp * losses[0]));
    return { lr, path, losses, diverged, final: losses[steps] };
  }

  // All rates of each rule; only those rules whose settings changed are trained again.
  function train(settings) {
    let changed = false;
    for (const rule of rules) {
      const start = [settings.start1, settings.start2];
      const key = JSON.stringify([start, ...Object.values(rule.settings).map((name) => settings[name])]);
      if (trained.get(rule)?.key === key) continue;
      trained.set(rule, { key, runs: data.rates.map((lr) => descend(rule, settings, lr, start)) });
      changed = true;
    }
    if (!changed) return;
    limits = lossLimits([...trained.values()].flatMap(({ runs }) => runs));
    rules.forEach((rule, number) => Object.assign(trained.get(rule), compared(trained.get(rule).runs, number)));
  }

  // How the rates of a rule compare; runs that are lost stand in a row for each rule.
  function compared(runs, number) {
    const [low, high] = limits, ceiling = high / (high / low) ** (0.04 + 0.05 * number);
    const heights = runs.map((run) => (fine(run) ? Math.min(ceiling, Math.max(low, run.final)) : ceiling));
    const curve = { x: data.rates, y: heights.map((height, k) => (fine(runs[k]) ? height : null)) };
    const lost = { x: data.rates.filter((_, k) => !fine(runs[k])), y: heights.filter((_, k) => !fine(runs[k])) };
    return { heights, curve, lost };
  }

  // On even powers of ten, so that they seldom change while somebody drags.
  function lossLimits(runs) {
    const first = Math.max(1e-300, ...runs.map((run) => run.losses[0]).filter(Number.isFinite));
    const final = Math.min(first, ...runs.filter((run) => run.diverged < 0).map((run) => run.final));
    let low = Math.max(Math.min(final, goal ?? Infinity), first * 10 ** -ends.decades, 1e-300);
    if (goal !== null) low = Math.min(low, goal / 10);
    return [100 ** Math.floor(Math.log10(low) / 2), 100 ** (Math.floor(Math.log10(first) / 2) + 2)];
  }

  const fine = (run) => run.diverged < 0;
  const won = (run) => goal !== null && fine(run) && run.final < goal;

  return (settings) => {
    train(settings);
    const [low, high] = limits, chosen = nearest(logs, Math.log(settings.lr));
    const moves = [], results = [], winners = [];
    rules.forEach((rule) => {
      const { runs, heights, curve, lost } = trained.get(rule), run = runs[chosen];
      const name = rule.name.replaceAll("_", " ");
      const seen = run.path.filter((point) => point.every((one) => Math.abs(one) < ends.far));
      const losses = fine(run) ? run.losses : run.losses.slice(0, run.diverged + 1);
      moves.push(
        { x: seen.map((point) => point[0]), y: seen.map((point) => point[1]) },
        { x: losses.map((_, k) => k), y: losses.map((loss) => Math.min(1e3 * high, Math.max(low, Number.isNaN(loss) ? Infinity : loss))) },
        curve,
        lost,
        { x: [run.lr], y: [heights[chosen]] },
      );
      results.push(fine(run) ? fill(words.fine, { rule: name, loss: short(run.final) })
        : fill(words.lost, { rule: name, step: run.diverged }));
      if (won(run)) winners.push(name);
    });
    let said = `${fill(words.start, { rate: short(data.rates[chosen]), steps })} ${results.join("; ")}.`;
    if (limit !== null) said += fill(words.limit, { limit: short(limit) });
    if (goal !== null) {
      const verdict = winners.length ? fill(words.won, { rules: winners.join(" and ") }) : words["not won"];
      said += fill(words.goal, { goal: short(goal), verdict });
    }
    const finals = rules.map((rule) => trained.get(rule).runs[chosen]).filter(fine).map((run) => run.final);
    const side = { limits, log: true };
    return { moves, limits: { 1: { y: side }, 2: { y: side } }, words: said, reached: winners.length > 0, score: Math.min(...finals) };
  };
};
