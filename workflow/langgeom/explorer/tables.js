// What is words and numbers: the sortable tables, what correlates with a metric, the sentences, and CSV.

function filled(element, { text, ...attributes } = {}, children = []) {
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
/** Make an element of HTML, or of SVG, with text, attributes and children; text is never markup. */
const make = (tag, about, ...children) => filled(document.createElement(tag), about, children);
const drawn = (tag, about, ...children) => filled(document.createElementNS("http://www.w3.org/2000/svg", tag), about, children);

function layersName(layers) {
  if (layers === "" || layers.includes("-")) return `layers ${(layers || "1-last").replace("-", " to ")}`;
  return layers === "last" ? "last layer" : `layer ${layers}`;
}
const nameOf = (quantity, layers) => quantity.name + (quantity.layers ? `, ${layersName(layers)}` : "");

/** The texts shown, each with its value of the metric (and of the second) in every model. */
function tableOf(state) {
  const groups = shownSeries(state);
  const quantities = metricsOf(state);
  const columns = groups.flatMap(({ model, series }) => quantities.map((quantity) => {
    const read = reader(state, quantity, over);
    const cells = new Map(series.map((one) => [textOf(one), { series: one, ...read(quantity, one, state.layers) }]));
    return { model, quantity, cells, name: quantities.length > 1 ? `${model.name} · ${quantity.name}` : model.name };
  })).filter(({ cells }) => [...cells.values()].some(({ value }) => Number.isFinite(value)));
  return { columns, texts: TEXTS.filter((text) => columns.some(({ cells }) => cells.has(text))) };
}

const LEAST_TEXTS = 8; // of fewer, a correlation says nothing

/** Spearman's correlation over texts of the metric with every other quantity, in each model. */
function correlationsOf(state) {
  const own = QUANTITIES.get(state.metric);
  const valuesOf = (quantity, series) => series.map((one) => over(quantity, one, state.layers).value);
  const groups = shownSeries(state).map((group) => ({ ...group, values: valuesOf(own, group.series) }));
  return [...QUANTITIES.values()].filter((quantity) => quantity !== own).flatMap((quantity) => {
    const cells = groups.map(({ model, series, values }) => {
      const pairs = valuesOf(quantity, series).map((value, place) => [values[place], value]);
      const both = pairs.filter((pair) => pair.every(Number.isFinite));
      const rho = both.length < LEAST_TEXTS ? NaN : spearman(...[0, 1].map((axis) => both.map((pair) => pair[axis])));
      const corrected = interval(rho, both.length, true, FACTS.reaches[1]);
      return { model, value: rho, n: both.length, sure: corrected.low * corrected.high > 0, ...interval(rho, both.length, true) };
    });
    return cells.some(({ value }) => Number.isFinite(value)) ? [{ quantity, cells }] : [];
  });
}

/** A table whose heads sort it: `columns` are { name, key(row), cell(row), numeric }; at first by the first numeric one. */
function showTable(into, caption, columns, rows, state, change) {
  const first = `-${Math.max(0, columns.findIndex(({ numeric }) => numeric))}`;
  const order = columns[Math.abs(Number(state.order || first))] ? state.order || first : first;
  const [place, down] = [Math.abs(Number(order)), order.startsWith("-")];
  const known = (key) => typeof key === "string" || Number.isFinite(key);
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  const sorted = rows.map((row) => ({ row, key: columns[place].key(row) }))
    .sort((a, b) => known(b.key) - known(a.key) || (down ? -1 : 1) * (known(a.key) ? compare(a.key, b.key) : 0));
  const head = columns.map(({ name, numeric }, column) => {
    const button = make("button", { type: "button", text: name });
    // Numbers from the highest at first; a second click turns the order.
    const falling = column === place ? !down : numeric;
    button.addEventListener("click", () => change({ order: `${falling ? "-" : ""}${column}` }));
    const sort = column === place ? { "aria-sort": down ? "descending" : "ascending" } : {};
    return make("th", { scope: "col", class: numeric ? "numeric" : "", ...sort }, button);
  });
  const body = sorted.map(({ row }) => make("tr", {}, ...columns.map(({ cell, numeric }, column) =>
    make(column ? "td" : "th", { ...(column ? {} : { scope: "row" }), class: numeric ? "numeric" : "" }, ...cell(row)))));
  into.replaceChildren(make("caption", { text: caption }), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
}

const numberCell = (numbers) => [shown(numbers.value), " ", make("small", { text: shownInterval(numbers) })];

function showValues(into, state, change) {
  const { columns, texts } = tableOf(state);
  const plain = (name, part) => ({ name, key: (text) => text[part], cell: (text) => [make("bdi", { text: text[part] })] });
  const numeric = columns.map(({ name, cells }) => {
    const of = (text) => cells.get(text) ?? NONE;
    return { name, numeric: true, key: (text) => of(text).value, cell: (text) => numberCell(of(text)) };
  });
  const quantity = QUANTITIES.get(state.metric);
  const all = [plain("Language", "label"), ...numeric, plain("Family", "family"), plain("Script", "script_name")];
  showTable(into, nameOf(quantity, state.layers) + minusName(state, quantity), all, texts, state, change);
}

function showCorrelations(into, state, change) {
  const columns = shownSeries(state).map(({ model }, place) => ({
    name: model.name, numeric: true, key: ({ cells }) => Math.abs(fisher(cells[place].value)) * Math.sqrt(cells[place].n - 3),
    cell({ cells }) {
      const { value, low, high, n, sure } = cells[place];
      if (!Number.isFinite(value)) return ["–"];
      const about = make("small", { text: `${fixedInterval({ low, high })} n ${n}` });
      return [make(sure ? "strong" : "span", { text: fixed(value) }), " ", about];
    },
  }));
  const link = ({ quantity }) => {
    const button = make("button", { type: "button", class: "plain", text: quantity.name });
    button.addEventListener("click", () => change({ view: "scatter", x: quantity.id, xlayers: "same" }));
    return [button];
  };
  const plain = [{ name: "Goes with", key: ({ quantity }) => quantity.name, cell: link }];
  const caption = `Spearman’s ρ with ${nameOf(QUANTITIES.get(state.metric), state.layers)}, over texts`;
  showTable(into, caption, [...plain, ...columns], correlationsOf(state), state, change);
}

/** The nearest of the marked texts on the maps, in each model. */
function showNearest(into, state, change) {
  const maps = VIEWS.map.panels(state);
  const rows = state.marked.flatMap((name) => {
    const found = maps.map(({ near }) => near(name));
    const others = unique(found.flatMap((some) => [...some.keys()]));
    return others.map((other) => ({ name, other, cells: found.map((some) => some.get(other) ?? NONE) }));
  });
  byId("numbers").hidden = !rows.length;
  const numeric = maps.map(({ title }, place) =>
    ({ name: title, numeric: true, key: ({ cells }) => cells[place].value, cell: ({ cells }) => numberCell(cells[place]) }));
  const plain = (name, part) =>
    ({ name, key: (row) => labelOf(row[part]), cell: (row) => [make("bdi", { text: labelOf(row[part]) })] });
  const columns = [plain("Nearest", "other"), ...(state.marked.length > 1 ? [plain("of", "name")] : []), ...numeric];
  showTable(into, `Nearest to ${state.marked.map(labelOf).join(", ")}, by CKA`, columns, rows, state, change);
}

/** The rows shown for the state: [{ end: "best"|"worst", line, cosine, sentence, translation }], and what they are of. */
function chosenSentences(state) {
  const found = SENTENCES.chosen[state.sentence_model]?.[state.corpus]?.[state.sentence_text];
  if (!found) return { rows: [] };
  const { [state.sentence_text]: ours, [FACTS.references[state.corpus]]: theirs } = SENTENCES.lines[state.corpus];
  const rows = ["best", "worst"].flatMap((end) =>
    found[end].map(([line, cosine]) => ({ end, line: line + 1, cosine, sentence: ours[line], translation: theirs[line] })));
  return { rows, ...found };
}

function showSentences(into, state) {
  const { rows, layer, of } = chosenSentences(state);
  const named = [state.sentence_text, FACTS.references[state.corpus]];
  const [ours, theirs] = named.map((name) => TEXTS.find(({ text }) => text === name));
  const words = ({ lang, script, dir }, name, text) => make("p", { class: name, dir, lang: `${lang}-${script}`, text });
  const list = (end) => make("ol", { class: "sentences" }, ...rows.filter((row) => row.end === end).map((row) => make("li", {},
    make("p", { class: "cosine", text: fixed(row.cosine) }, make("small", { text: `line ${row.line}` })),
    words(ours, "sentence", row.sentence), words(theirs, "translation", row.translation))));
  const about = rows.length
    ? `Cosine of a sentence with its translation at layer ${layer}: of mean token vectors, minus the text’s mean. ` +
      `${of} sentences were compared; lines count from 1.`
    : "No sentences were compared for this model, corpus and text. Choose another.";
  const ends = rows.length ? [["best", "Nearest to their translations"], ["worst", "Farthest from their translations"]] : [];
  const sections = ends.map(([end, title]) => make("section", {}, make("h2", { text: title }), list(end)));
  into.replaceChildren(make("p", { class: "about", text: about }), ...sections);
}

/** The sentences whose tokens are shown for the state: their layer, and each token's text and local dimension. */
function shownTokens(state) {
  const found = TOKENS.shown[state.token_model]?.[state.corpus]?.[state.token_text];
  if (!found) return { sentences: [] };
  const layer = Object.keys(found.dimensions)[Math.min(state.depth, Object.keys(found.dimensions).length - 1)];
  const sentences = Object.entries(found.ends).map(([line, ends]) => {
    // Ends count characters, not JavaScript's halves of them. The bytes of one character end together: the first has it.
    const characters = [...TOKENS.lines[state.corpus][state.token_text][line]];
    const token = (end, place) => characters.slice(place ? ends[place - 1] : 0, end).join("");
    const values = found.dimensions[layer][line];
    return { line: Number(line) + 1, tokens: ends.map((end, place) => ({ token: token(end, place), value: values[place] ?? NaN })) };
  });
  return { layer, sentences };
}

function showTokens(into, state) {
  const { layer, sentences } = shownTokens(state);
  const { lang, script, dir } = TEXTS.find(({ text }) => text === state.token_text);
  const known = (tokens) => tokens.filter(({ value }) => Number.isFinite(value));
  const all = known(sentences.flatMap(({ tokens }) => tokens)).map(({ value }) => Math.log(value));
  const [low, high] = all.length ? [0.05, 0.95].map((part) => quantile(all, part)) : [];
  const shade = (value) => Math.round(8 + 40 * Math.max(0, Math.min(1, (Math.log(value) - low) / (high - low || 1))));
  const colour = (value) => `background: color-mix(in srgb, var(--accent) ${shade(value)}%, transparent)`;
  const ends = (tokens) => {
    const sorted = known(tokens).filter(({ token }) => token.trim()).sort((a, b) => a.value - b.value);
    const some = (of) => of.flatMap(({ token, value }, place) => [place ? ", " : " ", make("bdi", { text: token.trim() }), ` ${shown(value)}`]);
    const half = Math.min(3, Math.floor(sorted.length / 2));
    return [make("p", {}, "Lowest:", ...some(sorted.slice(0, half))), make("p", {}, "Highest:", ...some(sorted.slice(sorted.length - half).reverse()))];
  };
  const span = ({ token, value }) => Number.isFinite(value)
    ? make("span", { class: "token", style: colour(value), title: shown(value), text: token })
    : make("span", { class: "token", text: token });
  const item = ({ line, tokens }) => make("li", {}, make("small", { text: `line ${line}` }),
    make("p", { class: "sentence", dir, lang: `${lang}-${script}` }, ...tokens.map(span)), make("div", { class: "ends" }, ...ends(tokens)));
  const scale = !all.length ? [] : make("p", { class: "about" }, "Shades: ", ...[low, (low + high) / 2, high].map(Math.exp).map((value) =>
    make("span", { class: "token", style: colour(value), text: ` ${shown(value, 2)} ` })));
  const about = sentences.length
    ? `Local intrinsic dimension of each token at layer ${layer}: in how many directions its 20 nearest tokens of the text lie. Low where ` +
      "a token has close kin, as a frequent word has; high where it stands alone. One value is off by about a quarter, so look at what " +
      "recurs. A token without a shade was not drawn into the sample, or begins the sentence."
    : "Tokens were not measured for this model, corpus and text. Choose another.";
  into.replaceChildren(make("p", { class: "about", text: about }), ...[scale].flat(),
    make("ol", { class: "sentences tokens" }, ...sentences.map(item)));
}

const quoted = (value) => (/[",\n\r]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : value);
const csvOf = (columns, rows) => [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
const exact = (value) => (Number.isFinite(value) ? Number(value.toPrecision(9)) : "");
const fourNumbers = ({ value, low, high, n }) => [exact(value), exact(low), exact(high), n < 0 ? "" : n];
const textColumns = ({ text, lang, script, family }) => [text, lang, script, family];
const COLUMNS = ["model", "corpus", "text", "lang", "script", "family"];
const aboutSeries = (series) => [modelOf(series).name, corpusOf(series), ...textColumns(textOf(series))];

/** The numbers of the view as CSV. */
function viewAsCsv(state, panels) {
  const { metric, corpus, layers, view } = state;
  if (view === "sentences") {
    const { rows, layer } = chosenSentences(state);
    const about = [state.sentence_model, corpus, state.sentence_text, layer];
    const columns = ["model", "corpus", "text", "layer", "end", "line", "cosine", "sentence", "translation"];
    return csvOf(columns, rows.map((row) => [...about, ...Object.values(row)]));
  }
  if (view === "tokens") {
    const { layer, sentences } = shownTokens(state);
    const about = [state.token_model, corpus, state.token_text, layer];
    const columns = ["model", "corpus", "text", "layer", "line", "place", "token", "dimension"];
    return csvOf(columns, sentences.flatMap(({ line, tokens }) =>
      tokens.map(({ token, value }, place) => [...about, line, place, token, exact(value)])));
  }
  if (view === "correlations") {
    const rows = correlationsOf(state).flatMap(({ quantity, cells }) =>
      cells.map((cell) => [cell.model.name, corpus, metric, layers, quantity.id, ...fourNumbers(cell), cell.sure ? "yes" : "no"]));
    return csvOf(["model", "corpus", "metric", "layers", "quantity", "rho", "low", "high", "n", "after_correction"], rows);
  }
  if (view === "map") {
    return csvOf([...COLUMNS, "layer", "x", "y", "stress", "n"], panels.flatMap(({ points, map: { layer, stress, n } }) =>
      points.map(({ series, x, y }) => [...aboutSeries(series), layer, x, y, stress, n])));
  }
  if (view === "scatter") {
    const four = (axis) => ["", "_low", "_high", "_n"].map((part) => axis + part);
    const columns = [...COLUMNS, "x_quantity", "x_layers", ...four("x"), "y_quantity", "y_layers", ...four("y")];
    return csvOf(columns, panels.flatMap(({ points, quantities, layers: of }) => points.map(({ series, x, y }) =>
      [...aboutSeries(series), ...Object.entries({ x, y }).flatMap(([axis, numbers]) =>
        [quantities[axis].id, quantities[axis].layers ? of[axis] : "", ...fourNumbers(numbers)])])));
  }
  const less = ({ id }) => (minusName(state, QUANTITIES.get(id)) ? FACTS.references[corpus] : "");
  const line = (quantity, numbers) =>
    [...aboutSeries(numbers.series), numbers.layer, quantity.metric, quantity.over, less(quantity), ...fourNumbers(numbers)];
  const fromTable = ({ quantity, cells }) =>
    [...cells.values()].map((cell) => line(quantity, { ...cell, layer: quantity.layers ? layers : "" }));
  const fromPanel = ({ series: all, quantity, model, read }) => all.flatMap((series) => range(0, model.layers)
    .map((layer) => ({ series, layer, ...read(quantity, series, layer) }))
    .filter(({ value, n }) => n >= 0 || Number.isFinite(value)).map((numbers) => line(quantity, numbers)));
  const rows = view === "table" ? tableOf(state).columns.flatMap(fromTable) : panels.flatMap(fromPanel);
  return csvOf([...COLUMNS, view === "table" ? "layers" : "layer", "metric", "over", "minus", "value", "low", "high", "n"], rows);
}
