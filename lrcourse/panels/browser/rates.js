// Panels over what is finished: the slider picks a rate, and plotting/rows.py has packed what shows there.

KINDS.rates = KINDS.range_test = KINDS.sweep = (data) => {
  const { rates, artists, words, reached } = data;
  const logs = rates.map(Math.log);

  const rows = ({ starts, lengths, numbers }, Type) => {
    const all = decode(numbers, Type);
    return starts.map((start, k) => Array.from(all.subarray(start, start + lengths[k])));
  };

  function line({ x, y }) {
    const across = rows(x, Float32Array), upwards = rows(y, Float32Array);
    return (number) => ({ x: across[number], y: upwards[number] });
  }

  // An image of few pixels; those without a colour stay clear.
  function image({ width, height, where, colours, tones }) {
    const table = decode(colours, Uint8Array), places = decode(where, Uint32Array), all = rows(tones, Uint8Array);
    const canvas = tag("canvas", { width, height }), pen = canvas.getContext("2d", { willReadFrequently: true });
    return (number) => {
      const pixels = pen.createImageData(width, height);
      all[number].forEach((tone, k) => pixels.data.set(table.subarray(4 * tone, 4 * tone + 4), 4 * places[k]));
      pen.putImageData(pixels, 0, 0);
      return { image: canvas.toDataURL() };
    };
  }

  const note = ({ texts, x, y }) => (number) => ({ x, y, text: texts[number] });

  // The rows of another artist, one behind the other: the same whatever the rate is.
  function all({ joined }) {
    const { x, y } = artists[joined];
    const join = (packed) => rows(packed, Float32Array).flatMap((row) => [...row, null]);
    const found = { x: join(x), y: join(y) };
    return () => found;
  }

  const draws = ({ joined, tones, texts }) => (joined !== undefined ? all : tones ? image : texts ? note : line);
  const shown = artists.map((artist) => draws(artist)(artist));
  return ({ lr }) => {
    const number = nearest(logs, Math.log(lr));
    const moves = shown.map((show) => show(number));
    const score = data.scores?.[number] ?? Infinity;
    return { moves, limits: data.limits, words: words[number], reached: reached[number], score, busy: data.busy };
  };
};
