// A panel: controls above a picture and a line of words, which follow them at once, with or without a kernel.
//
// Each kind is a function of the panel's data, in a file of its own. It gives a function of the controls' values that
// says what moves: {moves: changes by number, limits: of axes that rescale, words, reached, score: what to make least}.

const KINDS = {};
const REST = 80; // milliseconds without a move

function render({ model, el }) {
  const { kind, controls, picture, first, answer, picks, large, asks, notes } = model.get("description");
  const root = tag("div", { class: large ? "lrcourse-panel lrcourse-large" : "lrcourse-panel" });
  root.style.maxWidth = `${picture.pixels}px`;
  const status = tag("div", { role: "status" });
  const drawn = figure(picture, "");
  const knobs = {};
  let show = KINDS[kind](model.get("data")), waiting = null, resting = null;

  const values = () => Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.read()]));
  const redraw = () => {
    waiting = null;
    const shown = show(values());
    drawn.move(shown.moves, shown.limits);
    status.textContent = (shown.reached ? "✓ " : "") + shown.words;
    status.classList.toggle("lrcourse-reached", Boolean(shown.reached));
    drawn.node.setAttribute("aria-label", shown.words);
    stop.hidden = !shown.busy;
  };
  // Many moves between two frames of the screen make one picture, of the newest values.
  const soon = () => (waiting ??= requestAnimationFrame(redraw));
  const tell = () => {
    model.set("values", values());
    model.save_changes();
  };
  // The kernel is told when the hand rests: what it answers would only keep the page from drawing.
  const changed = () => {
    soon();
    clearTimeout(resting);
    resting = setTimeout(tell, REST);
  };
  const set = (wanted) => {
    for (const [name, value] of Object.entries(wanted)) knobs[name].write(value);
    changed();
  };
  // The answer that was saved; what it leaves open is tried at every place of its slider.
  const best = () => {
    const open = Object.keys(answer).find((name) => answer[name] === null);
    if (open === undefined) return answer;
    const tried = knobs[open].values.map((value) => [show({ ...values(), ...answer, [open]: value }).score, value]);
    return { ...answer, [open]: tried.reduce((one, other) => (other[0] < one[0] ? other : one))[1] };
  };

  for (const [name, control] of Object.entries(controls)) {
    knobs[name] = CONTROLS[control.kind](control, changed);
    knobs[name].write(model.get("values")[name]);
  }
  const buttons = [
    ["reset", "back to the beginning", () => set(first)],
    ["show me", "set the best values", () => set(best())],
  ].map(([word, about, action]) => {
    const button = tag("button", { type: "button", title: about }, word);
    button.addEventListener("click", action);
    return button;
  });
  const stop = tag("button", { type: "button", title: "stop training, and keep what there is" }, "stop");
  stop.addEventListener("click", () => model.send({ stop: true }));
  buttons.push(stop);
  const sliders = Object.keys(controls).filter((name) => controls[name].kind === "slider");
  const others = Object.keys(controls).filter((name) => controls[name].kind !== "slider");
  root.append(
    tag("div", { class: "lrcourse-sliders" }, ...sliders.map((name) => knobs[name].node)),
    tag("div", { class: "lrcourse-row" }, ...buttons, ...others.map((name) => knobs[name].node)),
    drawn.node,
    legend(picture.legend),
    status,
  );
  if (notes.length) root.append(folded(notes));
  // JupyterLab would keep the arrow keys to itself; it looks for this mark where the focus is.
  for (const one of root.querySelectorAll("input, button")) one.dataset.lmSuppressShortcuts = "true";
  for (const name of model.alone ? asks : []) {
    for (const input of knobs[name].node.querySelectorAll("input")) input.disabled = true;
    knobs[name].node.title = "needs a kernel: open the notebook";
  }
  for (const pick of picks) pointed(drawn, pick, knobs, changed);
  const told = () => {
    for (const [name, value] of Object.entries(model.get("values"))) {
      if (value !== knobs[name].read()) {
        knobs[name].write(value);
        soon();
      }
    }
  };
  const renewed = () => {
    show = KINDS[kind](model.get("data"));
    soon();
  };
  model.on("change:values", told);
  model.on("change:data", renewed);
  redraw();
  el.append(root);
  return () => {
    model.off("change:values", told);
    model.off("change:data", renewed);
    cancelAnimationFrame(waiting);
    clearTimeout(resting);
  };
}

function folded([heading, ...lines]) {
  const paragraphs = lines.map((line) => tag("p", {}, line));
  return tag("details", { class: "lrcourse-notes" }, tag("summary", {}, heading), ...paragraphs);
}

// A click or a drag inside some axes sets the control for their x, and, where there is one, the control for their y.
function pointed(drawn, pick, knobs, changed) {
  const frame = drawn.frames[pick.axes], [left, top, wide, high] = frame.box;
  const pad = svg("rect", { x: left, y: top, width: wide, height: high, fill: "transparent" }, drawn.node);
  pad.style.cursor = "crosshair";
  pad.style.touchAction = "none";
  const follow = (event) => {
    const box = pad.getBoundingClientRect();
    const shares = { x: (event.clientX - box.x) / box.width, y: 1 - (event.clientY - box.y) / box.height };
    for (const side of ["x", "y"]) {
      if (!pick[side]) continue;
      const { limits: [low, high], log } = frame[side], share = shares[side];
      knobs[pick[side]].pick(log ? low * (high / low) ** share : low + (high - low) * share);
    }
    changed();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    follow(event);
  });
  pad.addEventListener("pointermove", (event) => event.buttons && follow(event));
}

// A panel in a page without a kernel: what was saved stands beside the picture, whose place it takes.
function alone(place) {
  const state = JSON.parse(place.querySelector("script").textContent);
  const nothing = () => {};
  const model = { get: (name) => state[name], set: (name, value) => (state[name] = value), on: nothing, off: nothing };
  const el = document.createElement("div");
  render({ model: { ...model, save_changes: nothing, send: nothing, alone: true }, el });
  place.replaceChildren(el);
}
