// An exponential moving average over a noisy signal: plotting/averages.py, in the browser.

KINDS.memory = ({ signal, clean, goal, faintest, words }) => {
  const steps = signal.map((_, k) => k + 1), ago = signal.map((_, k) => k);
  return ({ rho, corrected }) => {
    let average = 0, share = 1;
    const averages = signal.map((value) => {
      average = rho * average + (1 - rho) * value;
      share *= rho;
      return corrected ? average / (1 - share) : average;
    });
    const window = 1 / (1 - rho), end = signal.length;
    const weights = ago.map((k) => (1 - rho) * rho ** k).map((weight) => (weight >= faintest ? weight : null));
    const distance = Math.sqrt(clean.reduce((sum, value, k) => sum + (averages[k] - value) ** 2, 0) / end);
    const reached = goal !== null && distance < goal;
    const noise = `${Math.round(100 * Math.sqrt((1 - rho) / (1 + rho)))}%`;
    const texts = { rho: short(rho), window: short(window), noise, lag: short(rho / (1 - rho)), distance: short(distance) };
    return {
      moves: [
        { x: [end - Math.min(window, end), end], y: [0.02, 0.02] },
        { x: steps, y: averages },
        { x: ago, y: weights },
        { x: [window, window], y: [0, 1] },
      ],
      words: fill(words.text, texts) + (goal === null ? "" : words.goal[Number(reached)]),
      reached,
      score: distance,
    };
  };
};
