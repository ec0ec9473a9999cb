// The data: facts from JSON, numbers from blocks of float32 that are decoded when they are first looked at (pack.py).

const byId = (id) => document.getElementById(id);
const FACTS = JSON.parse(byId("facts").textContent);
const SENTENCES = JSON.parse(byId("sentences").textContent);
const { models: MODELS, corpora: CORPORA, texts: TEXTS, series: SERIES } = FACTS;
const QUANTITIES = new Map(FACTS.quantities.map((quantity, place) => [quantity.id, { ...quantity, place }]));
const TEXT_PLACE = new Map(TEXTS.map((text, place) => [text.text, place]));

// Where each series' layers begin among all cells.
const CELLS = [0];
for (const model of SERIES.model) CELLS.push(CELLS[CELLS.length - 1] + MODELS[model].layers);
const COUNT = SERIES.model.length;

const layersOf = (series) => MODELS[SERIES.model[series]].layers;
const textOf = (series) => TEXTS[SERIES.text[series]];

const blocks = new Map();

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < bytes.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}

/** The numbers of a quantity: value, low, high (Float32Array, NaN = missing) and n (Int32Array, -1 = missing). */
function numbersOf(quantity) {
  if (!blocks.has(quantity.id)) {
    const { buffer } = bytesOf(byId(`block-${quantity.place}`).textContent);
    const size = quantity.layers ? CELLS[COUNT] : COUNT;
    const part = (number) => new Float32Array(buffer, 4 * size * number, size);
    blocks.set(quantity.id, { value: part(0), low: part(1), high: part(2), n: new Int32Array(buffer, 12 * size) });
  }
  return blocks.get(quantity.id);
}

/** One number of a series with its interval and n; of a quantity without layers, whatever the layer. */
function readCell(quantity, series, layer) {
  const numbers = numbersOf(quantity);
  if (quantity.layers && !(layer >= 0 && layer < layersOf(series))) return { value: NaN, low: NaN, high: NaN, n: -1 };
  const cell = quantity.layers ? CELLS[series] + layer : series;
  const n = numbers.n[quantity.layers && !quantity.n_by_cell ? series : cell];
  return { value: numbers.value[cell], low: numbers.low[cell], high: numbers.high[cell], n };
}

// The layers after the embedding at which any text of a model and corpus has a value, by quantity.
const measured = new Map();

function measuredLayers(quantity, series) {
  const { model, corpus } = SERIES;
  const key = [quantity.id, model[series], corpus[series]].join();
  if (!measured.has(key)) {
    const { value } = numbersOf(quantity);
    const alike = d3.range(COUNT).filter((other) => model[other] === model[series] && corpus[other] === corpus[series]);
    const has = (layer) => alike.some((other) => Number.isFinite(value[CELLS[other] + layer]));
    measured.set(key, d3.range(1, layersOf(series)).filter(has));
  }
  return measured.get(key);
}

/** The median over the layers after the embedding as in langgeom/analysis/layers.py: missing unless the text has all of them. */
function medianOf(quantity, series) {
  const least = quantity.metric === FACTS.first ? FACTS.least : 0;
  const cells = measuredLayers(quantity, series).map((layer) => readCell(quantity, series, layer));
  const complete = cells.length > 0 && cells.every(({ value, n }) => Number.isFinite(value) && (n < 0 || n >= least));
  const value = complete ? d3.median(cells, (cell) => cell.value) : NaN;
  return { value, low: NaN, high: NaN, n: complete ? d3.min(cells, (cell) => cell.n) : -1 };
}

/** As readCell, where `layer` may also be "median" (`medianOf`) or "last". */
function readAt(quantity, series, layer) {
  if (!quantity.layers) return readCell(quantity, series, 0);
  if (layer === "last") return readCell(quantity, series, layersOf(series) - 1);
  return layer === "median" ? medianOf(quantity, series) : readCell(quantity, series, Number(layer));
}

/** The shortest decimal that is this float32 again. */
function exact(value) {
  if (!Number.isFinite(value)) return "";
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** A number as a reader wants it: four significant digits, a true minus sign. */
function shown(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace(/-/g, "−");
}

const shownInterval = ({ low, high }) =>
  Number.isFinite(low) && Number.isFinite(high) ? `[${shown(low)}, ${shown(high)}]` : "";
