// Sliders, switches and choices, as the page's own inputs: each gives {node, read, write}; a slider its values too,
// and pick, which writes the nearest of them.

function tag(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// What a slider can be dragged to: evenly spaced numbers, or evenly spaced powers of ten.
function valuesOf({ low, high, count, log, whole }) {
  return Array.from({ length: count + 1 }, (_, k) => {
    const place = low + ((high - low) * k) / count, value = log ? 10 ** place : place;
    return whole ? Math.round(value) : Number(value.toPrecision(12));
  });
}

function slider(control, changed) {
  const values = valuesOf(control), scale = control.log ? Math.log : Number, scaled = values.map(scale);
  const placeOf = (wanted) => nearest(scaled, scale(wanted));
  const input = tag("input", { type: "range", min: 0, max: control.count, step: 1 });
  const output = tag("output");
  let value = control.value;
  const write = (wanted) => {
    value = wanted;
    input.value = placeOf(value);
    output.textContent = control.whole ? String(value) : short(value);
    input.setAttribute("aria-valuetext", `${control.label} ${output.textContent}`);
  };
  input.addEventListener("input", () => {
    write(values[Number(input.value)]);
    changed();
  });
  const node = tag("label", { class: "lrcourse-slider", title: control.about }, tag("span", {}, control.label), input, output);
  return { node, read: () => value, write, values, pick: (wanted) => write(values[placeOf(wanted)]) };
}

function toggle(control, changed) {
  const input = tag("input", { type: "checkbox" });
  input.addEventListener("change", changed);
  const node = tag("label", { title: control.about }, input, " ", control.label);
  return { node, read: () => input.checked, write: (value) => (input.checked = value) };
}

function choice(control, changed) {
  const group = `lrcourse-${Math.random().toString(36).slice(2)}`;
  const node = tag("fieldset", { class: "lrcourse-choice", title: control.about }, tag("legend", {}, control.label));
  const inputs = control.options.map((option) => {
    const input = tag("input", { type: "radio", name: group, value: option });
    input.addEventListener("change", changed);
    node.append(tag("label", {}, input, " ", option));
    return input;
  });
  return {
    node,
    read: () => inputs.find((input) => input.checked).value,
    write: (value) => inputs.forEach((input) => (input.checked = input.value === value)),
  };
}

const CONTROLS = { slider, switch: toggle, choice };
