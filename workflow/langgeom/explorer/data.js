// The numbers: blocks of float32 (pack.py), decoded when first looked at; values over layers; statistics over texts.

const byId = (id) => document.getElementById(id);
const [FACTS, { sentences: SENTENCES, tokens: TOKENS }] = ["facts", "words"].map((id) => JSON.parse(byId(id).textContent));
const { models: MODELS, texts: TEXTS, series: SERIES } = FACTS;
const CORPORA = Object.keys(FACTS.references);
const QUANTITIES = new Map(FACTS.quantities.map((quantity, place) => [quantity.id, { ...quantity, place }]));
const COUNT = SERIES.model.length;
const ALL = [...Array(COUNT).keys()];

const modelOf = (series) => MODELS[SERIES.model[series]];
const corpusOf = (series) => CORPORA[SERIES.corpus[series]];
const textOf = (series) => TEXTS[SERIES.text[series]];
const isReference = (series) => textOf(series).text === FACTS.references[corpusOf(series)];
// Where each series' layers begin among all cells.
const CELLS = [0];
for (const series of ALL) CELLS.push(CELLS[series] + modelOf(series).layers);
const NONE = { value: NaN, low: NaN, high: NaN, n: -1 };

const cached = (make) => {
  const made = new Map();
  return (key, ...more) => made.get(key) ?? made.set(key, make(key, ...more)).get(key);
};

/** The numbers of a quantity: value, low, high (NaN = missing) and n (-1 = missing). */
const numbersOf = cached((quantity) => {
  const text = byId(`block-${quantity.place}`).textContent;
  const { buffer } = Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const size = quantity.layers ? CELLS[COUNT] : COUNT;
  const [value, low, high] = [0, 1, 2].map((part) => new Float32Array(buffer, 4 * size * part, size));
  return { value, low, high, n: new Int32Array(buffer, 12 * size) };
});

/** The numbers of a series at one layer; of a quantity without layers, whatever the layer. */
function at(quantity, series, layer) {
  const { value, low, high, n } = numbersOf(quantity);
  if (quantity.layers && !(layer >= 0 && layer < modelOf(series).layers)) return NONE;
  const cell = quantity.layers ? CELLS[series] + layer : series;
  return { value: value[cell], low: low[cell], high: high[cell], n: n[quantity.layers && !quantity.n_by_cell ? series : cell] };
}

/** The layers that "", "last", "9" or "6-12" name in a model ("": all after the embedding). */
const layersIn = cached((model) => cached((wanted) => {
  const last = model.layers - 1;
  const [from, to = from] = { "": [1, last], last: [last] }[wanted] ?? wanted.split("-").map(Number);
  return range(from, Math.min(to, last) + 1);
}));

// The layers at which any text of a model and corpus has a value.
const measuredLayers = cached((quantity) => cached((panel) => {
  const [model, corpus] = panel.split(" ").map(Number);
  const there = ALL.filter((series) => SERIES.model[series] === model && SERIES.corpus[series] === corpus);
  const { value } = numbersOf(quantity);
  const has = (layer) => there.some((one) => Number.isFinite(value[CELLS[one] + layer]));
  return new Set(range(0, MODELS[model].layers).filter(has));
}));

/**
 * The median over layers, as in langgeom/analysis/layers.py: of a text that has all layers at which any text has a value, from
 * enough points; n is the smallest. A single layer keeps its interval.
 */
function over(quantity, series, wanted) {
  if (!quantity.layers) return at(quantity, series);
  const layers = layersIn(modelOf(series))(wanted);
  if (layers.length === 1) return at(quantity, series, layers[0]);
  const measured = measuredLayers(quantity)(`${SERIES.model[series]} ${SERIES.corpus[series]}`);
  const cells = layers.filter((layer) => measured.has(layer)).map((layer) => at(quantity, series, layer));
  const complete = cells.length && cells.every(({ value, n }) => Number.isFinite(value) && (n < 0 || n >= quantity.least));
  return complete ? { ...NONE, value: quantile(cells.map(({ value }) => value)), n: Math.min(...cells.map(({ n }) => n)) } : NONE;
}

const alike = (one, other) => modelOf(one) === modelOf(other) && corpusOf(one) === corpusOf(other);
const referenceOf = cached((series) => ALL.find((other) => isReference(other) && alike(other, series)));

/** Numbers minus those of the reference. Both rest on the same sentences, so there is no interval. */
function minusReference(read) {
  return (quantity, series, layer) => {
    const [ours, theirs] = [series, referenceOf(series)].map((one) => (one === undefined ? NONE : read(quantity, one, layer)));
    return { ...NONE, value: ours.value - theirs.value, n: Math.min(ours.n, theirs.n) };
  };
}

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function quantile(values, part = 0.5) {
  const sorted = Float64Array.from(values).sort();
  const place = part * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place % 1);
}

/** The least squares line of y on x, and Pearson's r. */
function fitLine(x, y) {
  const [mx, my] = [mean(x), mean(y)];
  const sum = (a, am, b, bm) => a.reduce((all, value, place) => all + (value - am) * (b[place] - bm), 0);
  const [sxx, syy, sxy] = [sum(x, mx, x, mx), sum(y, my, y, my), sum(x, mx, y, my)];
  const r = x.length > 2 && sxx > 0 && syy > 0 ? Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy))) : NaN;
  return { r, slope: sxy / sxx, intercept: my - (sxy / sxx) * mx };
}

/** Ranks from 1; equal values share their mean rank. */
function ranks(values) {
  const sorted = Float64Array.from(values).sort();
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}

const spearman = (x, y) => fitLine(ranks(x), ranks(y)).r;

/** Fisher's z, finite even for a correlation of 1. */
const fisher = (r) => Math.atanh(Math.max(-1 + 1e-9, Math.min(1 - 1e-9, r)));

/** The interval of a correlation by Fisher's z; of Spearman's with Bonett and Wright's error (analysis/statistics.py). */
function interval(r, n, ranked, reach = FACTS.reaches[0]) {
  const half = n > 3 ? reach * Math.sqrt((ranked ? 1 + (r * r) / 2 : 1) / (n - 3)) : NaN;
  return { low: Math.tanh(fisher(r) - half), high: Math.tanh(fisher(r) + half) };
}

/** A number as a reader wants it: significant digits, a true minus sign. */
function shown(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(digits)));
  return text.replace(/-/g, "−");
}

const fixed = (value) => value.toFixed(2).replace(/-/g, "−");
const fixedInterval = ({ low, high }) => (Number.isFinite(low + high) ? `[${fixed(low)}, ${fixed(high)}]` : "");
const shownInterval = ({ low, high }) => (Number.isFinite(low + high) ? `[${shown(low)}, ${shown(high)}]` : "");
