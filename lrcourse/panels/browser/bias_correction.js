// Adam's moments, their corrections and the steps that come of them: plotting/moments.py, in the browser.

KINDS.bias_correction = ({ gradients, renewed, steps, ends, widths, first, goal, words }) => {
  const compile = (source) => new Function(`return ${source}`)();
  const next = compile(renewed);
  const step = Object.fromEntries(Object.entries(steps).map(([home, source]) => [home, compile(source)]));
  const updates = gradients.map((_, k) => k + 1), [shortest, longest] = ends;

  return ({ beta1, beta2, eps, size, correct_m, correct_v, home }) => {
    let m = 0, v = 0;
    const found = gradients.map((g, k) => {
      const [newM, newV, youngM, youngV] = next(g * size, m, v, k + 1, beta1, beta2);
      [m, v] = [newM, newV];
      const [taken] = step[home](m, v, correct_m ? youngM : 1, correct_v ? youngV : 1, eps);
      return { m: m / size, mHat: m / youngM / size, v: v / size ** 2, vHat: v / youngV / size ** 2, taken };
    });
    const taken = found.map((one) => one.taken), lengths = taken.map(Math.abs);
    const seen = lengths.map((length) => Math.min(longest, Math.max(shortest, length)));
    const curve = (name, used) => ({ x: updates, y: found.map((one) => one[name]), width: widths[Number(used)] });
    const most = Math.max(...lengths.slice(0, first));
    const reached = goal !== null && most <= goal && lengths[0] >= 1 / goal;
    const used = [correct_m ? "m" : "", correct_v ? "v" : ""].join(" ").trim();
    const texts = { first: short(taken[0]), longest: short(most), used: words.used[used], home: words.home[home] };
    return {
      moves: [
        curve("m", !correct_m),
        curve("mHat", correct_m),
        curve("v", !correct_v),
        curve("vHat", correct_v),
        { x: updates, y: seen },
        { x: [1], y: seen.slice(0, 1) },
      ],
      words: fill(words.text, texts) + (goal === null ? "" : words.goal[Number(reached)]),
      reached,
    };
  };
};
