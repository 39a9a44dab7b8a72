// A picture that arrives as data (lrcourse/plotting/vectors.py), drawn as SVG, and moved. Lengths are in points.

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
}

// The place of a number along one side of the axes; what no axis can show stands far outside.
function along({ limits: [low, high], log }, from, length) {
  const far = (place) => Math.max(-1e4, Math.min(1e4, place));
  if (!log) return (value) => far(from + (length * (value - low)) / (high - low));
  const decades = Math.log10(high / low);
  return (value) => (value > 0 ? far(from + (length * Math.log10(value / low)) / decades) : length < 0 ? 1e4 : -1e4);
}

function places({ box: [left, top, width, height], x, y }, frame = "data") {
  const share = { limits: [0, 1], log: false };
  const across = frame === "data" || frame === "x" ? x : share;
  const upwards = frame === "data" || frame === "y" ? y : share;
  return [along(across, left, width), along(upwards, top + height, -height)];
}

// Round numbers between two limits, some 50 points apart; on a logarithmic axis powers of ten, or 1, 2, 5 where it is short.
function ticks({ limits: [low, high], log }, length) {
  const room = Math.max(2, length / 50);
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    if (last - first >= 1) {
      const stride = Math.max(1, Math.ceil((last - first) / room));
      return Array.from({ length: Math.floor((last - first) / stride) + 1 }, (_, k) => 10 ** (first + k * stride));
    }
    const digits = [1, 2, 5].flatMap((digit) => [digit * 10 ** (first - 1), digit * 10 ** first]);
    return digits.filter((value) => value >= low && value <= high).sort((one, other) => one - other);
  }
  const rough = (high - low) / room, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= rough) * power;
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

function tickText(value, log, parent, attributes) {
  const text = svg("text", attributes, parent);
  const exponent = Math.round(Math.log10(value));
  if (log && Math.abs(value / 10 ** exponent - 1) < 1e-9) {
    text.textContent = "10";
    const raised = svg("tspan", { dy: -4, "font-size": 7 }, text);
    raised.textContent = String(exponent).replace("-", "−");
  } else {
    text.textContent = String(value).replace("-", "−");
  }
}

function outline(x, y, [across, upwards], until) {
  let path = "", pen = "M", before = 0;
  for (let k = 0; k < x.length; k++) {
    if (x[k] === null || y[k] === null || Number.isNaN(x[k]) || Number.isNaN(y[k])) {
      pen = "M";
      continue;
    }
    const right = across(x[k]).toFixed(2), down = upwards(y[k]).toFixed(2);
    if (until && pen === "L") path += `L${right} ${before}`;
    path += `${pen}${right} ${down}`;
    [pen, before] = ["L", down];
  }
  return path;
}

// Markers that are filled, by their corners, in halves of their size.
const CORNERS = {
  s: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  D: [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]],
  "^": [[0, -1], [1, 1], [-1, 1]],
  v: [[-1, -1], [1, -1], [0, 1]],
  P: [[-0.4, -1], [0.4, -1], [0.4, -0.4], [1, -0.4], [1, 0.4], [0.4, 0.4], [0.4, 1], [-0.4, 1], [-0.4, 0.4], [-1, 0.4],
    [-1, -0.4], [-0.4, -0.4]],
  "*": Array.from({ length: 10 }, (_, k) => {
    const out = k % 2 ? 0.45 : 1.15, turned = (Math.PI * k) / 5;
    return [out * Math.sin(turned), -out * Math.cos(turned)];
  }),
};

function marks(x, y, [across, upwards], marker, size) {
  const half = size / 2;
  let path = "";
  for (let k = 0; k < x.length; k++) {
    if (x[k] === null || y[k] === null || Number.isNaN(x[k]) || Number.isNaN(y[k])) continue;
    const right = across(x[k]), down = upwards(y[k]);
    if (Math.abs(right) > 9e3 || Math.abs(down) > 9e3) continue;
    const at = `${right.toFixed(2)} ${down.toFixed(2)}`;
    if (marker === "+") path += `M${at}m${-half} 0h${size}M${at}m0 ${-half}v${size}`;
    else if (marker === "x") path += `M${at}m${-half} ${-half}l${size} ${size}M${at}m${-half} ${half}l${size} ${-size}`;
    else if (!(marker in CORNERS)) path += `M${at}h0`; // a round cap on nothing is a dot
    else path += `M${CORNERS[marker].map(([a, b]) => `${(right + half * a).toFixed(2)} ${(down + half * b).toFixed(2)}`).join("L")}Z`;
  }
  return path;
}

function look(artist, scale = 1) {
  const width = artist.width * scale;
  return {
    fill: "none", stroke: artist.color, "stroke-width": width, "stroke-opacity": artist.alpha ?? 1,
    "stroke-dasharray": artist.dash?.map((part) => part * width).join(" ") ?? "", "stroke-linejoin": "round",
  };
}

function markLook(artist) {
  const round = "o.".includes(artist.marker), filled = artist.marker in CORNERS;
  return {
    fill: filled ? artist.color : "none", stroke: artist.color, "stroke-opacity": artist.alpha ?? 1,
    "stroke-width": round ? artist.size : artist.edge, "stroke-linecap": round ? "round" : "butt",
  };
}

// Gives {node, axes, move}: move(changes) takes, by the number of an artist that moves, {x, y, width, text, image}.
function figure(description, alt) {
  const { width, height, axes, artists } = description;
  const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt });
  const frames = axes.map((one, number) => {
    const [left, top, wide, high] = one.box;
    const clip = `lrcourse-${Math.random().toString(36).slice(2)}-${number}`;
    svg("rect", { x: left, y: top, width: wide, height: high }, svg("clipPath", { id: clip }, node));
    const ruler = svg("g", { class: "lrcourse-ruler" }, node);
    const inside = svg("g", { "clip-path": `url(#${clip})` }, node);
    return { ...one, x: { ...one.x }, y: { ...one.y }, ruler, inside };
  });
  const drawn = artists.map((artist) => {
    const parent = artist.kind === "note" ? node : frames[artist.axes].inside;
    const nodes = {};
    if (artist.kind === "note") {
      nodes.text = svg("text", { fill: artist.color, "text-anchor": artist.anchor }, node);
    } else if (artist.kind === "image") {
      const [x, y, w, h] = frames[artist.axes].box;
      nodes.image = svg("image", { x, y, width: w, height: h, preserveAspectRatio: "xMinYMin" }, parent);
      nodes.image.style.imageRendering = "pixelated";
    } else if (artist.kind === "area") {
      nodes.area = svg("path", { fill: artist.color, "fill-opacity": artist.alpha, stroke: "none" }, parent);
    } else {
      if (artist.width) nodes.line = svg("path", look(artist), parent);
      if (artist.marker) nodes.marks = svg("path", markLook(artist), parent);
    }
    return { x: [], y: [], ...artist, nodes };
  });
  function draw(artist) {
    const { nodes, x, y } = artist, way = places(frames[artist.axes], artist.frame);
    nodes.line?.setAttribute("d", outline(x, y, way, artist.until));
    nodes.marks?.setAttribute("d", marks(x, y, way, artist.marker, artist.size));
    nodes.area?.setAttribute("d", outline(x, y, way));
    if (nodes.text) {
      nodes.text.textContent = artist.text ?? "";
      nodes.text.setAttribute("x", x.length ? way[0](x[0]) : 0);
      const [, top, , high] = frames[artist.axes].box, down = y.length ? way[1](y[0]) : 0;
      nodes.text.setAttribute("y", down - 2);
      nodes.text.style.display = down < top - 1 || down > top + high + 1 ? "none" : ""; // what it names is out of sight
    }
  }

  function rule(frame) {
    const { box: [left, top, wide, high], ruler, x, y } = frame;
    ruler.replaceChildren();
    svg("text", { x: left, y: top - 6 }, ruler).textContent = frame.title;
    if (frame.framed) svg("path", { d: `M${left} ${top}v${high}h${wide}`, class: "lrcourse-frame" }, ruler);
    const [across, upwards] = places(frame);
    for (const value of x.ticks ? ticks(x, wide) : []) {
      svg("path", { d: `M${across(value)} ${top + high}v3.5`, class: "lrcourse-frame" }, ruler);
      tickText(value, x.log, ruler, { x: across(value), y: top + high + 14, "text-anchor": "middle" });
    }
    for (const value of y.ticks ? ticks(y, high) : []) {
      svg("path", { d: `M${left} ${upwards(value)}h-3.5`, class: "lrcourse-frame" }, ruler);
      tickText(value, y.log, ruler, { x: left - 6, y: upwards(value) + 3.5, "text-anchor": "end" });
    }
    const below = { x: left + wide / 2, y: x.at, "text-anchor": "middle" };
    svg("text", below, ruler).textContent = x.label;
    const middle = top + high / 2, turned = `rotate(-90 ${y.at} ${middle})`;
    const beside = { x: y.at, y: middle + 3.5, "text-anchor": "middle", transform: turned };
    svg("text", beside, ruler).textContent = y.label;
  }

  frames.forEach(rule);
  drawn.forEach(draw);
  return {
    node, frames,
    // limits: {number of axes: {x: {limits, log}, y: …}}, for axes that must rescale; they stay in their places.
    move(changes, limits = {}) {
      const stale = new Set();
      for (const [number, sides] of Object.entries(limits)) {
        const frame = frames[number];
        for (const [side, wanted] of Object.entries(sides)) {
          const had = frame[side];
          if (wanted.log === had.log && wanted.limits.every((limit, k) => limit === had.limits[k])) continue;
          Object.assign(had, wanted);
          stale.add(Number(number));
        }
      }
      for (const number of stale) rule(frames[number]);
      for (const artist of drawn) {
        const given = artist.moves !== null && changes[artist.moves];
        const change = given && Object.keys(given).some((key) => given[key] !== artist[key]) ? given : null;
        if (!change && !stale.has(artist.axes)) continue;
        Object.assign(artist, change);
        if (change?.width !== undefined) {
          for (const [key, value] of Object.entries(look(artist))) artist.nodes.line.setAttribute(key, value);
        }
        if (change?.image) artist.nodes.image.setAttribute("href", change.image);
        draw(artist);
      }
    },
  };
}

function legend(entries) {
  const node = document.createElement("div");
  node.className = "lrcourse-legend";
  for (const entry of entries) {
    const one = document.createElement("span");
    const swatch = svg("svg", { viewBox: "0 0 24 8", width: 32, height: 11, "aria-hidden": "true" });
    if (entry.width) svg("path", { ...look(entry), d: "M1 4h22" }, swatch);
    if (entry.marker) svg("path", { ...markLook(entry), d: marks([12], [4], [Number, Number], entry.marker, entry.size) }, swatch);
    one.append(swatch, entry.label);
    node.append(one);
  }
  return node;
}
