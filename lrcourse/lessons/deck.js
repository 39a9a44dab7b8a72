// Slides of 1280 x 720 from sections of any length. Runs before reveal.js, with nothing but the browser's own measure.
(() => {
  "use strict";
  const WIDE = 1140, HIGH = 640; // what a slide holds: 1280 x 720 less its margins
  const SMALLEST = 0.82; // to this size a slide may shrink rather than be divided

  quiz();
  captions();
  const bench = document.createElement("div"), ruler = document.createElement("div");
  bench.className = "reveal bench";
  bench.append(ruler);
  document.body.append(bench);
  for (const picture of document.querySelectorAll(".slides img"))
    picture.style.width = `${Math.min(WIDE, 1.25 * picture.width)}px`;
  for (const formula of document.querySelectorAll(".slides .formula")) fitted(formula);
  for (const section of document.querySelectorAll(".slides > section > section")) divide(section);
  bench.remove();
  for (const stack of document.querySelectorAll(".slides > section")) { // the speaker view paces by these
    const seconds = 60 * Number(stack.dataset.minutes) / stack.children.length;
    for (const slide of stack.children) slide.dataset.timing = Math.round(seconds);
  }
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, slideNumber: "c/t",
    transition: "none", backgroundTransition: "none", controlsTutorial: false, pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
    totalTime: 60 * Number(document.querySelector(".reveal[data-minutes]").dataset.minutes), plugins: [RevealNotes],
  });

  // A question of the quiz shows its answer at the next key.
  function quiz() {
    for (const details of document.querySelectorAll(".slides details")) {
      const question = document.createElement("div"), asked = document.createElement("p");
      const answer = document.createElement("div"), summary = details.querySelector("summary");
      question.className = "question";
      answer.className = "fragment answer";
      asked.append(...summary.childNodes);
      summary.remove();
      answer.append(...details.childNodes);
      question.append(asked, answer);
      details.replaceWith(question);
    }
  }

  // A caption, a paragraph that is all in italics, stays with the figure above it.
  function captions() {
    for (const caption of document.querySelectorAll(".slides p")) {
      const only = caption.firstElementChild;
      if (only?.tagName !== "EM" || only.textContent.length !== caption.textContent.trim().length) continue;
      caption.classList.add("caption");
      const above = caption.closest("section").previousElementSibling;
      let before = caption.previousElementSibling;
      if (!before && above) before = [...above.children].filter(block => block.tagName !== "ASIDE").pop();
      before?.querySelector("figure")?.append(caption);
    }
  }

  // A formula that is too wide is set smaller.
  function fitted(formula) {
    const home = formula.parentElement, next = formula.nextSibling;
    ruler.replaceChildren(formula);
    ruler.style.width = "max-content";
    const width = formula.getBoundingClientRect().width;
    ruler.style.width = "";
    if (width > WIDE) formula.style.fontSize = `${25 * 0.995 * WIDE / width}px`;
    home.insertBefore(formula, next);
  }

  function height(blocks) {
    ruler.replaceChildren(...blocks);
    return ruler.getBoundingClientRect().height;
  }

  // What a slide is worth: few slides, none of them nearly empty, shrunk only a little.
  function cost(high) {
    const full = high / HIGH;
    if (full > 1 / SMALLEST) return 1e6 * full;
    return 1000 + (full > 1 ? 3000 * (full - 1) : 150 * (1 - full) ** 2);
  }

  // What it costs to begin a slide with this block.
  function gap(block, before) {
    const leads = /^H[1-6]$/.test(before.tagName) || (before.tagName === "P" && /[:?]$|^After it you can$/.test(before.textContent.trim()));
    if (leads) return 5000;
    if (/^(Ask|Run|Turn|Say)\.$/.test(block.querySelector?.("strong")?.textContent ?? "") || block.classList.contains("question")) return 0;
    return block.classList.contains("fragment") ? 300 : 120;
  }

  // One section becomes as many slides as it takes, divided where it costs least.
  function divide(section) {
    const notes = section.querySelector("aside.notes");
    notes?.remove();
    const blocks = [...section.children], best = [{ cost: 0, from: 0 }];
    for (let end = 1; end <= blocks.length; end++) {
      best[end] = { cost: Infinity };
      for (let from = end - 1; from >= 0; from--) {
        const high = height(blocks.slice(from, end));
        const total = best[from].cost + cost(high) + (from ? gap(blocks[from], blocks[from - 1]) : 0);
        if (total < best[end].cost) best[end] = { cost: total, from, high };
        if (high > 2 * HIGH) break;
      }
    }
    const parts = [];
    for (let end = blocks.length; end > 0; end = best[end].from) {
      const part = document.createElement("section"), size = Math.min(1, HIGH / best[end].high);
      part.append(...blocks.slice(best[end].from, end));
      part.firstElementChild.classList.remove("fragment"); // a slide does not begin empty
      part.className = "sheet";
      part.style.setProperty("--size", size);
      if (notes) part.append(notes.cloneNode(true));
      parts.unshift(part);
    }
    section.replaceWith(...parts);
  }
})();
