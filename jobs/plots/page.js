"use strict";
// What lies under the pointer or the keys, in words. Texts are set as texts, never as markup.
const readout = document.getElementById("readout");

function show(heading, pairs) {
  const box = document.createElement("div");
  if (heading) box.append(Object.assign(document.createElement("b"), { textContent: heading }));
  const list = document.createElement("dl");
  for (const [label, value] of pairs) {
    const pair = document.createElement("div");
    pair.append(Object.assign(document.createElement("dt"), { textContent: label }));
    pair.append(Object.assign(document.createElement("dd"), { textContent: value }));
    list.append(pair);
  }
  box.append(list);
  readout.replaceChildren(box);
  readout.hidden = false;
}

function hide() {
  readout.hidden = true;
  readout.replaceChildren();
}

const data = id => JSON.parse(document.getElementById(id).textContent);
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

for (const sheet of document.querySelectorAll("[data-heatmap]")) {
  const { columns, rows, labels, spots } = data(sheet.dataset.heatmap);
  const name = sheet.dataset.name;
  const mark = sheet.querySelector(".mark");
  // The finest spot at each cell of the grid: larger ones first, smaller ones over them.
  const at = new Int32Array(columns * rows).fill(-1);
  const order = [...spots.keys()].sort((a, b) => spots[b][2] - spots[a][2]);
  for (const n of order) {
    const [x, y, edge] = spots[n];
    for (let row = Math.max(0, y); row < Math.min(rows, y + edge); row++)
      for (let column = Math.max(0, x); column < Math.min(columns, x + edge); column++) at[row * columns + column] = n;
  }
  const found = (x, y) => (x < 0 || y < 0 || x >= columns || y >= rows ? -1 : at[y * columns + x]);
  let place = null;

  function clear() {
    mark.hidden = true;
    hide();
  }

  function go(x, y) {
    const n = found(x, y);
    if (n < 0) return clear();
    place = [x, y];
    const [left, top, edge, said] = spots[n];
    Object.assign(mark.style, {
      left: `${(100 * left) / columns}%`, top: `${(100 * top) / rows}%`,
      width: `${(100 * edge) / columns}%`, height: `${(100 * edge) / rows}%`,
    });
    mark.hidden = false;
    show(name, labels.map((label, i) => [label, said[i]]));
    return undefined;
  }

  function first() {
    for (let i = 0; i < at.length; i++) if (at[i] >= 0) return [i % columns, Math.floor(i / columns)];
    return null;
  }

  // From the place to the next other spot that way, over empty cells; where there is none, it stays.
  function step(dx, dy) {
    let [x, y] = place;
    const from = found(x, y);
    do { x += dx; y += dy; } while (x >= 0 && y >= 0 && x < columns && y < rows && (found(x, y) < 0 || found(x, y) === from));
    if (found(x, y) >= 0) go(x, y);
  }

  const under = event => {
    const box = sheet.getBoundingClientRect();
    return [Math.floor(((event.clientX - box.left) / box.width) * columns), Math.floor(((event.clientY - box.top) / box.height) * rows)];
  };
  sheet.addEventListener("pointermove", event => go(...under(event)));
  sheet.addEventListener("pointerdown", event => go(...under(event)));
  sheet.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") clear(); });
  sheet.addEventListener("focus", () => { const start = place || first(); if (start && readout.hidden) go(...start); });
  sheet.addEventListener("blur", clear);
  sheet.addEventListener("keydown", event => {
    if (event.key === "Escape") return clear();
    const way = STEPS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    event.preventDefault();
    if (place) step(...way);
    else if (first()) go(...first());
    mark.scrollIntoView({ block: "nearest" });
    return undefined;
  });
}

for (const panel of document.querySelectorAll("[data-panel]")) {
  const { places } = data(panel.dataset.panel);
  const drawings = [...panel.querySelectorAll("svg.chart")];
  let now = -1;

  function clear() {
    for (const drawing of drawings) drawing.querySelector(".cursor").classList.remove("on");
    hide();
  }

  function go(n) {
    now = Math.max(0, Math.min(places.length - 1, n));
    if (!places[now]) return;
    const [share, heading, pairs] = places[now];
    for (const drawing of drawings) {
      const line = drawing.querySelector(".cursor");
      const x = Number(drawing.dataset.left) + share * (drawing.dataset.right - drawing.dataset.left);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      line.classList.add("on");
    }
    show(heading, pairs);
  }

  function nearest(event) {
    const drawing = drawings.find(one => one.getClientRects().length);
    const box = drawing.getBoundingClientRect();
    const { left, right, width } = drawing.dataset;
    const share = (((event.clientX - box.left) / box.width) * width - left) / (right - left);
    let best = 0;
    places.forEach((entry, n) => { if (Math.abs(entry[0] - share) < Math.abs(places[best][0] - share)) best = n; });
    go(best);
  }

  panel.addEventListener("pointermove", nearest);
  panel.addEventListener("pointerdown", nearest);
  panel.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") clear(); });
  panel.addEventListener("focus", () => { if (readout.hidden) go(Math.max(0, now)); });
  panel.addEventListener("blur", clear);
  panel.addEventListener("keydown", event => {
    const ways = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: places.length - 1 };
    if (event.key === "Escape") return clear();
    if (!(event.key in ways) || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    event.preventDefault();
    go(ways[event.key]);
    return undefined;
  });
}
