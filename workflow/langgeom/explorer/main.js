// From state to page: draws after each change, keeps the address, and follows pointer and keys.

const [stage, canvas, over, note] = ["stage", "picture", "over", "note"].map(byId);
let state = parseState(location.hash);
let picture = null;
let layout = null;
let pointer = null; // what is pointed at
let layer = null; // of the table
let kept = false; // pointed at by key or touch, so that leaving does not end it

function fitCanvas(element, { width, height }) {
  const dense = Math.min(window.devicePixelRatio || 1, 2);
  if (element.width !== Math.round(width * dense) || element.height !== Math.round(height * dense)) {
    element.width = Math.round(width * dense);
    element.height = Math.round(height * dense);
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
  }
  const surface = element.getContext("2d");
  surface.setTransform(dense, 0, 0, dense, 0, 0);
  surface.clearRect(0, 0, width, height);
  surface.lineJoin = "round";
  return surface;
}

function tell() {
  if (!picture) return;
  const { view } = state;
  const texts = new Set(picture.panels.flatMap((panel) => panel.series.map((series) => SERIES.text[series]))).size;
  byId("about").textContent = view === "layers"
    ? picture.quantity.about
    : [...new Set(picture.quantities.map(({ about }) => about)), "Dashed: least squares; r with its 95 % interval by Fisher’s z."].join(" ");
  byId("empty").hidden = texts > 0;
  const where = view === "layers" ? "by layer" : "scatter";
  canvas.setAttribute("aria-label", `${picture.yLabel}, ${where}: ${texts} texts, ${picture.panels.length} models`);
}

function drawTable() {
  if (!picture || !byId("values").open) return;
  showTable(byId("table"), byId("caption"), picture, state, layer ?? Math.floor((picture.panels[0]?.layers ?? 1) / 2));
}

function draw() {
  updateControls(state);
  pointer = null;
  kept = false;
  note.hidden = true;
  if (state.view === "sentences") {
    picture = null;
    showSentences(state, byId("sentence-lists"));
    return;
  }
  picture = (state.view === "layers" ? composeLines : composeScatter)(state);
  const surface = canvas.getContext("2d");
  layout = layOut(picture, Math.floor(stage.clientWidth), surface);
  if (!picture.panels.length) layout.height = 40;
  drawPicture(fitCanvas(canvas, layout), picture, layout);
  fitCanvas(over, layout);
  tell();
  drawTable();
}

function point(next, { speak = false } = {}) {
  pointer = next;
  const surface = fitCanvas(over, layout);
  if (pointer) picture.drawOver(surface, layout, pointer);
  showNote(note, picture, layout, pointer, state);
  if (speak) byId("spoken").textContent = spoken(picture, pointer);
  const at = pointer?.layer;
  if (at !== undefined && at !== layer) {
    layer = at;
    drawTable();
  }
}

function change(name, value) {
  state = { ...state, [name]: value };
  const hash = formatState(state);
  if (hash !== location.hash.replace(/^#/, "")) history.pushState(null, "", `#${hash}`);
  draw();
}

function followAddress() {
  const next = parseState(location.hash);
  if (formatState(next) === formatState(state)) return;
  state = next;
  draw();
}

function toggleMark(text) {
  const marked = new Set(state.marked);
  if (!marked.delete(text)) marked.add(text);
  change("marked", SETTINGS.marked.allowed.filter((one) => marked.has(one)));
}

function panelAt(event) {
  if (!layout) return null;
  const bounds = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
  const panel = layout.boxes.findIndex((box) =>
    x > box.left - 12 && x < box.left + box.width + 12 && y > box.top - 12 && y < box.top + box.height + 12);
  return panel < 0 ? null : picture.find(layout, panel, x, y);
}

let waiting = false;
canvas.addEventListener("pointermove", (event) => {
  if (waiting || event.pointerType === "touch") return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (!picture) return;
    const next = panelAt(event);
    if (next) kept = false;
    if (JSON.stringify(next) !== JSON.stringify(pointer) && !(kept && !next)) point(next);
  });
});
canvas.addEventListener("pointerleave", (event) => {
  if (!kept && picture && event.pointerType !== "touch") point(null);
});
canvas.addEventListener("click", (event) => {
  const found = picture && panelAt(event);
  if (!found) return;
  // A finger first points, and marks what it pointed at already.
  if (event.pointerType === "touch" && found.text !== pointer?.text) {
    kept = true;
    point(found);
  } else toggleMark(found.text);
});
canvas.addEventListener("keydown", (event) => {
  if (!picture || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") return void point(null);
  if ((event.key === "Enter" || event.key === " ") && pointer) {
    event.preventDefault();
    const held = pointer;
    toggleMark(held.text);
    kept = true;
    return void point(held, { speak: true });
  }
  const panels = picture.panels.length;
  const turn = { PageDown: 1, PageUp: -1 }[event.key];
  if (!turn && !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  if (!pointer) pointer = picture.first() || null;
  else if (turn) {
    const panel = Math.max(0, Math.min(panels - 1, pointer.panel + turn));
    const { series, layers } = picture.panels[panel];
    const text = series.some((one) => textOf(one).text === pointer.text) ? pointer.text : series.length ? textOf(series[0]).text : null;
    if (text) pointer = { ...pointer, panel, text, ...(layers ? { layer: Math.min(pointer.layer, layers - 1) } : {}) };
  } else pointer = picture.step(pointer, event.key);
  kept = true;
  if (pointer) point(pointer, { speak: true });
});
canvas.addEventListener("blur", () => picture && point(null));

byId("save-svg").addEventListener("click", () => save(fileName(state, "svg"), "image/svg+xml", viewAsSvg(picture, layout.width)));
byId("save-csv").addEventListener("click", () => save(fileName(state, "csv"), "text/csv;charset=utf-8", viewAsCsv(state, picture)));
byId("reset").addEventListener("click", () => {
  state = { ...initialState(), view: state.view };
  history.pushState(null, "", `#${formatState(state)}`);
  draw();
});
byId("skip").addEventListener("click", () => (picture ? canvas : byId("sentence-lists")).focus());
byId("values").addEventListener("toggle", drawTable);
window.addEventListener("hashchange", followAddress);
window.addEventListener("popstate", followAddress);

let drawnWidth = 0;
new ResizeObserver(() => {
  if (stage.clientWidth && stage.clientWidth !== drawnWidth && picture) {
    drawnWidth = stage.clientWidth;
    draw();
  }
}).observe(stage);

const updateControls = setUpControls(change);
// On a phone the lists stay closed until they are asked for.
byId("panel").open = window.matchMedia("(min-width: 860px)").matches;
draw();
drawnWidth = stage.clientWidth;
document.documentElement.dataset.ready = "yes";
