// From state to page: controls, legend, what is pointed at, and drawing after each change.

let state = parseState(location.hash);
let panels = [];
let pointer = null; // { panel, text, layer }: a layer of null where a view has none
const charts = []; // { box, chart, ring } of each panel
const view = () => VIEWS[state.view];
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (darkScheme.matches ? "dark" : "light");

/** The colours of a theme, from the style sheet; the page takes them on. */
function inkOf(name) {
  document.documentElement.dataset.theme = name;
  const style = getComputedStyle(document.documentElement);
  const colours = ["text", "soft", "grid", "axis", "accent"].map((part) => [part, style.getPropertyValue(`--${part}`).trim()]);
  return { dark: name === "dark", ...Object.fromEntries(colours) };
}

// Each control shows one setting and changes it: setting, label, views, and options ([value, name, group]), "check", how many
// steps a slider has, or what an empty field stands for; and a help.
const DRAWN = "layers heatmap";
const NUMBERS = `${DRAWN} scatter table correlations`;
const listed = (names) => names.map((name) => [name, name]);
const COLOURS = { text: "language", resource: "resource class", tokens: "tokens per sentence" };
const metrics = FACTS.quantities.map(({ id, name, group }) => [id, name, group]);
const CONTROLS = [
  ["metric", "Metric", NUMBERS, metrics],
  ["step", "Layer", "map", STEPS, "Of each model, from the first to the last of the layers that have a map."],
  ["x", "Across (x-axis)", "scatter", metrics],
  ["beside", "Second metric, side by side", `${DRAWN} table`, [["", "none"], ...metrics]],
  ["layers", "Layers", NUMBERS, "1 to last", "As 9, 6-12 or last; or drag across a picture."],
  ["xlayers", "Layers of the x-axis", "scatter", "same", "The same as the metric’s, or as above."],
  ["sentence_text", "Language", "sentences", COMPARED.map((name) => [name, labelOf(name)])],
  ["sentence_model", "Model", "sentences", listed(SETTINGS.sentence_model.allowed)],
  ["token_text", "Language", "tokens", SHADED.map((name) => [name, labelOf(name)])],
  ["token_model", "Model", "tokens", listed(SETTINGS.token_model.allowed)],
  ["depth", "Layer", "tokens", DEPTHS.map((name, place) => [String(place), name])],
  ["corpus", "Corpus", `${NUMBERS} map sentences tokens`, listed(CORPORA)],
  ["find", "Languages", `${NUMBERS} map`, "all", "A regular expression for names, families and scripts: turkic|arab, or ^(?!.*Latn)"],
  ["minus", "Minus the reference", `${DRAWN} table`, "check"],
  ["colour", "Colour by", "layers scatter map", SETTINGS.colour.allowed.map((by) => [by, COLOURS[by] ?? by]),
    "Resource classes are those of Joshi et al. 2020, 0 to 5."],
  ["rows", "Order of rows", "heatmap", [["family", "family"], ["script", "script"], ["label", "name"], ["value", "value"]]],
  ["intervals", "95 % intervals", "layers scatter", [["marked", "of marked"], ["all", "of all"], ["none", "none"]]],
  ["scale", "Scale", DRAWN, [["auto", "as it fits"], ["linear", "linear"], ["log", "logarithmic"]]],
  ["axes", "Same scale for all models", `${DRAWN} scatter map`, [["auto", "as it fits"], ["same", "yes"], ["own", "no"]]],
];

const updates = CONTROLS.map(([name, label, views, kind, help = ""]) => {
  const [options, check, slider] = [Array.isArray(kind) ? kind : null, kind === "check", typeof kind === "number"];
  const about = { id: name, "aria-describedby": `${name}-help` };
  const field = slider ? { type: "range", min: 0, max: kind - 1 } : { type: check ? "checkbox" : "text", placeholder: kind };
  const input = options ? make("select", about) : make("input", { ...about, ...field });
  for (const [value, text, group] of options ?? []) {
    const inside = group ? ([...input.children].find((one) => one.label === group) ?? make("optgroup", { label: group })) : input;
    inside.append(make("option", { value, text }));
    if (group) input.append(inside);
  }
  input.addEventListener(slider ? "input" : "change", () => {
    const value = check ? (input.checked ? "yes" : "no") : input.value.trim() || SETTINGS[name].initial;
    input.setCustomValidity(SETTINGS[name].allows(value) ? "" : `This cannot be read. ${help}`);
    if (input.reportValidity()) change({ [name]: value });
  });
  const parts = [make("label", { for: name, text: label }), input, make("small", { id: `${name}-help`, text: help })];
  // A choice of one is none.
  const shown = (options?.length ?? kind) < 2 ? "" : views;
  byId("controls").append(make("div", { class: `field ${check ? "check" : ""}`, "data-views": shown }, ...parts));
  return () => {
    input.setCustomValidity("");
    if (check) input.checked = state[name] === "yes";
    else if (slider) {
      input.value = state[name];
      const layers = shownSeries(state).map(({ model }) => mapOf(model, state)?.layer);
      input.setAttribute("aria-valuetext", `layer ${unique(layers).join(", ")}`);
    } else input.value = options || state[name] !== SETTINGS[name].initial ? state[name] : "";
  };
});

for (const name of MODEL_NAMES) {
  const box = make("input", { type: "checkbox", value: name });
  box.addEventListener("change", () => change({ models: toggled("models", name) }));
  updates.push(() => { box.checked = state.models.includes(name); });
  byId("models").append(make("label", { class: "check" }, box, make("bdi", { text: name })));
}

const tabs = SETTINGS.view.allowed.map((name) => {
  const text = name[0].toUpperCase() + name.slice(1);
  const tab = make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "stage", text });
  tab.addEventListener("click", () => change({ view: name }));
  tab.addEventListener("keydown", ({ key }) => {
    const next = tabs[tabs.indexOf(tab) + ({ ArrowRight: 1, ArrowLeft: -1 }[key] ?? NaN)];
    next?.focus();
    next?.click();
  });
  updates.push(() => {
    tab.setAttribute("aria-selected", String(name === state.view));
    tab.tabIndex = name === state.view ? 0 : -1;
  });
  byId("views").append(tab);
  return tab;
});

/** A setting of several values with one put in or taken out. */
function toggled(name, value) {
  const values = new Set(state[name]);
  if (!values.delete(value)) values.add(value);
  return SETTINGS[name].allowed.filter((one) => values.has(one));
}

/** What colours mean; a click hides or shows, with Shift it shows one alone or all. */
function drawLegend(ink) {
  const by = colourBy(state);
  const name = ({ [by]: key, script_name, label }) => ({ script: script_name, text: label })[by] ?? key;
  const here = ALL.filter((series) => corpusOf(series) === state.corpus && state.models.includes(modelOf(series).name));
  // The reference has a look of its own, so another text of its group stands for the group.
  const entries = new Map(here.toSorted((a, b) => isReference(b) - isReference(a)).map((series) => [textOf(series)[by], series]));
  const swatch = (shape) => drawn("svg", { width: 24, height: 12, "aria-hidden": "true" }, shape);
  if (by === "tokens") {
    const [low, high] = premiums(state.corpus);
    byId("legend").replaceChildren(...range(0, 5).map((place) => {
      const value = Math.exp(low + (place * (high - low)) / 4);
      const shape = drawn("path", { d: MARKERS.o, fill: inked(shadeOf(state.corpus, value), ink), transform: "translate(7 1)" });
      const unit = place < 4 ? "" : ` times as many tokens a sentence as ${labelOf(FACTS.references[state.corpus])}`;
      return make("span", {}, swatch(shape), shown(value, 2) + unit);
    }));
    return;
  }
  const sorted = [...entries].sort(([, a], [, b]) => name(textOf(a)).localeCompare(name(textOf(b))));
  byId("legend").replaceChildren(...sorted.map(([key, series]) => {
    const { colour, marker, dash } = lookOf(series, state, ink);
    const shape = state.view === "layers"
      ? drawn("path", { d: "M0 6H24", stroke: colour, "stroke-width": 2, "stroke-dasharray": dash.join(" ") || "none" })
      : drawn("path", { d: MARKERS[marker], fill: colour, transform: "translate(7 1)" });
    const pressed = { "aria-pressed": String(!state.off.includes(key)) };
    const button = make("button", { type: "button", ...pressed }, swatch(shape), make("bdi", { text: name(textOf(series)) }));
    button.addEventListener("click", ({ shiftKey }) => {
      const others = SETTINGS.off.allowed.filter((one) => one !== key && entries.has(one));
      const alone = String(state.off) === String(others);
      change({ off: shiftKey ? (alone ? [] : others) : toggled("off", key) });
    });
    return button;
  }));
}

function makeChart(place, height) {
  const box = make("div", { class: "chart", style: `height: ${height}` });
  byId("picture").append(box);
  const chart = echarts.init(box);
  const zr = chart.getZr();
  const ring = new echarts.graphic.Circle({ silent: true, invisible: true, z: 100, shape: { r: 5.5 } });
  const shade = new echarts.graphic.Rect({ silent: true, invisible: true, z: 100, style: { fill: "#888", opacity: 0.3 } });
  zr.add(ring);
  zr.add(shade);
  // Dragging across a picture chooses layers; a finger scrolls.
  const layerAt = (x) => Math.round(chart.convertFromPixel({ gridIndex: 0 }, [x, 0])[0]);
  let from = null;
  zr.on("mousedown", ({ offsetX, event }) => { from = view().layered && !event.touches ? offsetX : null; });
  zr.on("mousemove", ({ offsetX, offsetY }) => {
    const width = Math.abs(offsetX - from);
    const shape = { x: Math.min(from, offsetX), y: 54, width, height: box.offsetHeight - 100 };
    if (from !== null) shade.attr({ invisible: width < 6, shape });
    const found = nearest(place, offsetX, offsetY);
    if (JSON.stringify(found) !== JSON.stringify(pointer)) point(found);
  });
  zr.on("mouseup", ({ offsetX }) => {
    const [low, high] = shade.invisible ? [] : [from, offsetX].map(layerAt).sort((a, b) => a - b);
    shade.attr({ invisible: true });
    from = null;
    if (low < high) change({ layers: `${Math.max(0, low)}-${high}` });
  });
  zr.on("globalout", () => point(null));
  zr.on("click", ({ offsetX, offsetY }) => {
    const found = nearest(place, offsetX, offsetY);
    if (found) change({ marked: toggled("marked", found.text) });
  });
  return { box, chart, ring };
}

/** Where the points of a panel lie, in its data and in pixels of its chart. */
function pointsAt(place, layer) {
  const there = view().points(panels[place], layer).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const pixel = ({ x, y }) => charts[place].chart.convertToPixel({ gridIndex: 0 }, [x, y]);
  return there.map((one) => ({ series: one.series, text: textOf(one.series).text, at: pixel(one) }));
}

function nearest(place, x, y) {
  const { chart } = charts[place];
  if (!chart.containPixel({ gridIndex: 0 }, [x, y])) return null;
  const { layered } = view();
  const layer = layered ? Math.round(chart.convertFromPixel({ gridIndex: 0 }, [x, y])[0]) : null;
  const away = ({ at }) => Math.hypot(layered ? 0 : at[0] - x, at[1] - y);
  const [found] = pointsAt(place, layer).sort((a, b) => away(a) - away(b));
  return found ? { panel: place, text: found.text, layer } : null;
}

/** Where a key leads: left and right by layer (or point), up and down by language, by panel. */
function step(key) {
  const { layered } = view();
  const { panel, text, layer } = pointer ?? { panel: 0, layer: Math.floor(panels[0].model.layers / 2) };
  const place = Math.max(0, Math.min(panels.length - 1, panel + ({ PageDown: 1, PageUp: -1 }[key] ?? 0)));
  const along = pointer ? ({ ArrowLeft: -1, ArrowRight: 1, Home: -1e4, End: 1e4 }[key] ?? 0) : 0;
  const to = layered ? Math.max(0, Math.min(panels[place].model.layers - 1, layer + along)) : null;
  const sideways = !layered && along;
  const order = pointsAt(place, to).sort((a, b) => (sideways ? a.at[0] - b.at[0] : b.at[1] - a.at[1]));
  const move = sideways || (pointer ? ({ ArrowUp: 1, ArrowDown: -1 }[key] ?? 0) : 0);
  const next = order[Math.max(0, Math.min(order.length - 1, order.findIndex((one) => one.text === text) + move))];
  return next ? { panel: place, text: next.text, layer: to } : pointer;
}

/** Point at a text and layer, in every panel: a ring, and a note with the numbers; `speak` says them to screen readers. */
function point(next, speak = false) {
  if (!next && !pointer) return;
  pointer = next;
  const note = byId("note");
  note.hidden = !pointer;
  charts.forEach(({ chart, ring, box }, place) => {
    const found = pointer && pointsAt(place, pointer.layer).find(({ text }) => text === pointer.text);
    chart.dispatchAction({ type: "downplay" });
    ring.attr({ invisible: !found });
    if (!found) return;
    chart.dispatchAction({ type: "highlight", seriesIndex: 0, name: found.text });
    const [cx, cy] = found.at;
    ring.attr({ shape: { cx, cy }, style: { fill: "none", lineWidth: 2, stroke: inkOf(theme()).text } });
    if (place !== pointer.panel) return;
    const head = [panels[place].title, ...(pointer.layer === null ? [] : [`layer ${pointer.layer}`])].join(", ");
    const lines = view().numbers(panels[place], found.series, pointer.layer).map(([name, numbers]) =>
      make("p", { class: "number", text: name ? `${name}: ` : "" }, make("strong", { text: shown(numbers.value) }),
        ` ${shownInterval(numbers)}`, numbers.n < 0 ? "" : ` n ${numbers.n.toLocaleString("en")}`));
    const name = make("p", { class: "name" }, make("bdi", { text: textOf(found.series).label }));
    note.replaceChildren(make("p", { class: "head", text: head }), name, ...lines);
    const left = box.offsetLeft + cx + (cx > note.offsetWidth + 16 && 2 * cx > box.offsetWidth ? -note.offsetWidth - 14 : 14);
    note.style.left = `${Math.max(0, Math.min(left, byId("stage").clientWidth - note.offsetWidth))}px`;
    note.style.top = `${Math.max(0, box.offsetTop + cy - note.offsetHeight / 2)}px`;
  });
  if (speak) byId("spoken").textContent = [...note.children].map(({ textContent }) => textContent).join("; ");
}

const drawPanel = (panel, { box, chart }, ink) => chart.setOption(view().option(panel, state, ink, box), { notMerge: true });

function fit({ box, chart }) {
  if (chart.getWidth() === box.clientWidth && chart.getHeight() === box.clientHeight) return false;
  chart.resize();
  return true;
}

function drawPictures(ink) {
  drawLegend(ink);
  panels = view()?.panels(state) ?? [];
  while (charts.length > panels.length) {
    const { box, chart } = charts.pop();
    chart.dispose();
    box.remove();
  }
  byId("picture").className = panels.length > 1 ? "several" : "";
  panels.forEach((panel, place) => {
    const height = `${view().height?.(panel) ?? (panels.length > 1 ? 300 : 460)}px`;
    charts[place] ??= makeChart(place, height);
    const { box, chart } = charts[place];
    if (box.style.height !== height) chart.clear(); // what stands there need not be drawn at the new size
    box.style.height = height;
    fit(charts[place]);
    drawPanel(panel, charts[place], ink);
  });
}

const MEDIAN = "Over several layers, a value is the median, which has no interval.";

/** Sentences below the picture: what the metrics are, in a definition and in plain words, and what else must be known. */
function tellAbout() {
  const { view: name, metric, x, beside } = state;
  const other = { scatter: x, correlations: "" }[name] ?? beside;
  const quantities = name === "map" ? [] : unique([metric, other]).filter(Boolean).map((id) => QUANTITIES.get(id));
  const without = unique(panels.flatMap((panel) => (panel.without ?? []).map((series) => textOf(series).label)));
  const also = {
    layers: FACTS.layer_axis + ".",
    scatter: `${MEDIAN} Dashed: least squares. r: Pearson’s, ρ: Spearman’s correlation, with 95 % intervals.`,
    map: `Two texts are near where their sentences lie alike to one another. Distances come as near as two dimensions allow to angles
      whose cosine is CKA (debiased; 1: the same, 0: unrelated). Stress says how far they are off: 0 not at all, 0.1 fair, 0.2 poor.
      The axes mean nothing; each map is turned onto that of the layer before. Lines lead from a marked language to the ${LINES} that
      CKA itself puts nearest; the table has more, with 95 % intervals. Where map and table differ, believe the table.`,
    table: MEDIAN,
    correlations: `${MEDIAN} ρ of ${LEAST_TEXTS} texts or more has its 95 % interval and is ranked by how many standard errors it
      is from 0; bold: the interval excludes 0 after Bonferroni’s correction for as many quantities as there are. Every text counts
      once, so a language in two scripts counts twice; the findings test over languages.`,
  }[name];
  const lacking = without.length ? `Without a value in a model: ${without.join(", ")}.` : "";
  const plain = unique([...quantities.map(({ group }) => FACTS.groups[group]), also, lacking]).filter(Boolean);
  const definitions = quantities.map((one) => make("p", { class: "about" }, make("code", { text: one.metric }), ` ${one.about}`));
  byId("about").replaceChildren(...definitions, ...plain.map((text) => make("p", { class: "about", text })));
  const flat = view()?.layered && !quantities.some(({ layers }) => layers);
  const nothing = view() ? !panels.length : !shownSeries(state).length;
  byId("empty").textContent = !nothing ? "" : flat
    ? "This metric has one value for a text, not one for a layer: see Table or Scatter."
    : name === "map" && shownSeries(state).length
    ? "No map: of what is shown, no three texts were compared with one another. It takes three that share 5 sentences, and a layer in pairs.layers."
    : "Nothing is left to show: choose more models, or clear the filter and the legend.";
  const all = panels.map(({ title, series }) => `${title}, ${series.length} texts`).join("; ");
  const names = [...quantities.map((one) => one.name), name].join(", ");
  byId("picture").setAttribute("aria-label", `${names}: ${all}. The table has the numbers.`);
}

function draw() {
  const ink = inkOf(theme());
  for (const update of updates) update();
  for (const part of document.querySelectorAll("[data-views]")) part.hidden = !part.dataset.views.split(" ").includes(state.view);
  point(null);
  drawPictures(ink);
  const table = make(["sentences", "tokens"].includes(state.view) ? "div" : "table", { id: "table" });
  byId("numbers").replaceChildren(table);
  ({ map: showNearest, table: showValues, correlations: showCorrelations, sentences: showSentences, tokens: showTokens })[state.view]?.(table, state, change);
  for (const id of ["about", "empty"]) byId(id).replaceChildren();
  if (!["sentences", "tokens"].includes(state.view)) tellAbout();
}

/** Change some settings. */
function change(settings) {
  state = { ...state, ...settings };
  const hash = formatState(state);
  if (hash !== location.hash.slice(1)) history.pushState(null, "", `#${hash}`);
  draw();
}

/** The legend and the panels as they stand, as one SVG, in light colours. */
function viewAsSvg() {
  const ink = inkOf("light");
  drawLegend(ink);
  const { offsetLeft: left, offsetTop: top, offsetHeight: above } = byId("legend");
  const entries = [...byId("legend").querySelectorAll(':scope > :not([aria-pressed="false"])')].map((button) => {
    const words = { x: 30, y: 10, fill: ink.text, "font-size": 12, "font-family": FONT };
    const place = { x: button.offsetLeft - left, y: button.offsetTop - top + 4 };
    return drawn("svg", place, button.firstChild.cloneNode(true), drawn("text", words, button.textContent));
  });
  const parts = panels.map((panel, place) => {
    const { offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height } = charts[place].box;
    const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    chart.setOption(view().option(panel, state, ink, charts[place].box));
    const text = chart.renderToSVGString().replace("<svg", `<svg x="${x}" y="${y + above}"`);
    chart.dispose();
    return text;
  });
  drawLegend(inkOf(theme()));
  const { offsetWidth: width, offsetHeight: height } = byId("stage");
  const ground = drawn("rect", { width: "100%", height: "100%", fill: "#fff" });
  const whole = drawn("svg", { width, height: height + above }, ground, ...entries);
  return new XMLSerializer().serializeToString(whole).replace(/<\/svg>$/, `${parts.join("")}</svg>\n`);
}

function save(kind, type, text) {
  const { view: name, metric, x } = state;
  const parts = { sentences: [state.sentence_model, state.sentence_text], tokens: [state.token_model, state.token_text], scatter: [metric, x] }[name] ?? [metric];
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: `${["langgeom", name, ...parts].join("-").replace(/[^\w.-]+/g, "_")}.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

byId("picture").addEventListener("keydown", (event) => {
  if (!panels.length || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") point(null);
  else if (event.key === "Enter" && pointer) {
    const held = pointer;
    change({ marked: toggled("marked", held.text) });
    point(held, true);
  } else if (/^(Arrow|Page|Home|End)/.test(event.key)) point(step(event.key), true);
  else return;
  event.preventDefault();
});
byId("picture").addEventListener("blur", () => point(null));
byId("save-svg").addEventListener("click", () => save("svg", "image/svg+xml", viewAsSvg()));
byId("save-csv").addEventListener("click", () => save("csv", "text/csv;charset=utf-8", viewAsCsv(state, panels)));
byId("reset").addEventListener("click", () => change({ ...initialState(), view: state.view }));
byId("skip").addEventListener("click", () => byId("stage").focus());
for (const moved of ["hashchange", "popstate"]) {
  window.addEventListener(moved, () => {
    const next = parseState(location.hash);
    if (formatState(next) === formatState(state)) return;
    state = next;
    draw();
  });
}
darkScheme.addEventListener("change", draw);
// Paper is light.
window.addEventListener("beforeprint", () => drawPictures(inkOf("light")));
window.addEventListener("afterprint", draw);
new ResizeObserver(() => {
  const ink = inkOf(document.documentElement.dataset.theme);
  charts.forEach((one, place) => fit(one) && drawPanel(panels[place], one, ink));
}).observe(byId("stage"));
// On a phone the controls stay closed until they are asked for.
byId("panel").open = matchMedia("(min-width: 860px)").matches;
draw();
document.documentElement.dataset.ready = "yes";
