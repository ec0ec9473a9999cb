// What is looked at: one flat state, kept in the address after #, so that back, forward and a copied link work.

const EVERY = [...QUANTITIES.keys()];
const TEXT_NAMES = TEXTS.map(({ text }) => text);
const MODEL_NAMES = MODELS.map(({ name }) => name);
const trained = MODELS.filter(({ init }) => init === "trained").map(({ name }) => name);
const keysOf = ({ script, family, resource, text }) => [script, family, resource, text];
const unique = (values) => [...new Set(values)];
const dimension =
  FACTS.quantities.find(({ layers, metric }) => layers && metric === FACTS.first) ?? FACTS.quantities.find(({ layers }) => layers);
const countOf = (corpus) => ALL.filter((series) => corpusOf(series) === corpus).length;

const textsIn = (models) => {
  const there = new Set(Object.values(models).flatMap((corpora) => Object.values(corpora).flatMap(Object.keys)));
  return TEXT_NAMES.filter((text) => there.has(text));
};
const [COMPARED, SHADED] = [SENTENCES.chosen, TOKENS.shown].map(textsIn);
// As DEPTHS of tokens.py.
const DEPTHS = ["a quarter of the way", "half-way", "three quarters of the way"];

// How many layers have maps, at most in a model. Tokens per sentence are set against those of the reference.
const STEPS = Math.max(0, ...Object.values(FACTS.maps).flatMap((corpora) => Object.values(corpora).map((maps) => maps.length)));
const PREMIUM = QUANTITIES.get("token_premium/text");

const LAYERS = /^(|last|\d{1,4}(-\d{1,4})?)$/;
const isRegex = (text) => {
  try {
    return Boolean(RegExp(text));
  } catch {
    return false;
  }
};
const one = (allowed, initial) => ({ allows: (value) => allowed.includes(value), allowed, initial });
const several = (allowed, initial) => ({ ...one(allowed, initial), several: true });

// Each setting: what it may be, and what it is at first. Those that name several are arrays in the order of `allowed`.
const SETTINGS = {
  view: one(["layers", "heatmap", "scatter", "map", "table", "correlations", ...(COMPARED.length ? ["sentences"] : []),
    ...(SHADED.length ? ["tokens"] : [])], "layers"),
  metric: one(EVERY, (dimension ?? FACTS.quantities[0]).id),
  beside: one(["", ...EVERY], ""),
  x: one(EVERY, EVERY.find((id) => id.startsWith("bpc")) ?? EVERY.find((id) => id.startsWith("anisotropy")) ?? EVERY[0]),
  layers: { allows: (value) => LAYERS.test(value), initial: "" },
  xlayers: { allows: (value) => value === "same" || LAYERS.test(value), initial: "same" },
  // The corpus of most texts: of languages, rather than of pairs of sentences.
  corpus: one(CORPORA, CORPORA.toSorted((a, b) => countOf(b) - countOf(a))[0]),
  models: several(MODEL_NAMES, trained.length ? trained : MODEL_NAMES),
  find: { allows: isRegex, initial: "" },
  off: several(unique(TEXTS.flatMap(keysOf)), []),
  marked: several(TEXT_NAMES, []),
  minus: one(["no", "yes"], "no"),
  colour: one(["family", "script", "resource", ...(PREMIUM ? ["tokens"] : []), "text"], "family"),
  intervals: one(["marked", "all", "none"], "marked"),
  scale: one(["auto", "linear", "log"], "auto"),
  axes: one(["auto", "same", "own"], "auto"),
  rows: one(["family", "script", "label", "value"], "family"),
  order: { allows: (value) => /^-?\d{1,4}$/.test(value), initial: "" },
  sentence_model: one(Object.keys(SENTENCES.chosen), Object.keys(SENTENCES.chosen).find((name) => trained.includes(name))),
  sentence_text: one(COMPARED, COMPARED[0]),
  token_model: one(Object.keys(TOKENS.shown), Object.keys(TOKENS.shown).find((name) => trained.includes(name))),
  token_text: one(SHADED, SHADED.find((text) => Object.values(FACTS.references).includes(text)) ?? SHADED[0]),
  depth: one(["0", "1", "2"], "1"),
  step: one(range(0, STEPS).map(String), String(Math.max(0, Math.ceil(STEPS / 2) - 1))),
};

const initialState = () => Object.fromEntries(Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]));

/** The state as it stands after #: only what differs from the first. */
function formatState(state) {
  const changed = Object.entries(SETTINGS).filter(([name, { initial }]) => String(state[name]) !== String(initial));
  return changed.map(([name]) => `${name}=${[state[name]].flat().map(encodeURIComponent).join(",")}`).join("&");
}

/** Read what stands after #; what is not understood is left as it is at first. */
function parseState(hash) {
  const state = initialState();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [name, text = ""] = part.split(/=(.*)/s);
    if (!Object.hasOwn(SETTINGS, name)) continue;
    const setting = SETTINGS[name];
    try {
      const values = text.split(",").map(decodeURIComponent);
      if (setting.several) state[name] = setting.allowed.filter((value) => values.includes(value));
      else if (setting.allows(values.join(","))) state[name] = values.join(",");
    } catch {} // not an encoded text
  }
  return state;
}

/** Whether a text passes the filter and the legend. */
function passing(state) {
  const wanted = RegExp(state.find, "i");
  const off = new Set(state.off);
  return (text) => !keysOf(text).some((key) => off.has(key)) &&
    wanted.test([text.label, text.text, text.family, text.script_name].join(" "));
}

/** The series shown, by model; those of a model are in the order of texts. */
function shownSeries(state) {
  const passes = passing(state);
  const shown = ALL.filter((series) => corpusOf(series) === state.corpus && passes(textOf(series)));
  const groups = MODELS.map((model) => ({ model, series: shown.filter((series) => modelOf(series) === model) }));
  return groups.filter(({ model, series }) => series.length && state.models.includes(model.name));
}

// The logarithms of the least and the most tokens per sentence in a corpus.
const premiums = cached((corpus) => {
  const there = ALL.filter((series) => corpusOf(series) === corpus).map((series) => Math.log(at(PREMIUM, series).value));
  return extent(there.filter(Number.isFinite));
});
const shadeOf = (corpus, value) => {
  const [low, high] = premiums(corpus);
  return value > 0 ? echarts.color.lerp((Math.log(value) - low) / (high - low || 1), PLASMA) : "#9a9a9a";
};

/** What colours stand for: the texts of a corpus that are all of one script, family or class are told apart by name. */
const colouring = cached((asked) => {
  const [corpus, colour] = JSON.parse(asked);
  if (colour === "tokens" && premiums(corpus)[0] < Infinity) return colour;
  const kinds = new Set(ALL.filter((series) => corpusOf(series) === corpus).map((series) => textOf(series)[colour]));
  return kinds.size > 1 ? colour : "text";
});
const colourBy = (state) => colouring(JSON.stringify([state.corpus, state.colour]));

/** A colour as a theme has it. */
const inked = (colour, ink) => (ink.dark ? echarts.color.lift(colour, 0.45) : colour);

/** Colour, marker and dashes of a series; the reference is drawn in the colour of the text. */
function lookOf(series, state, ink) {
  if (isReference(series)) return { colour: ink.text, marker: "o", dash: [] };
  const by = colourBy(state);
  const [colour, marker, dash] = by === "tokens"
    ? [shadeOf(state.corpus, at(PREMIUM, series).value), "o", []]
    : FACTS.looks[by][textOf(series)[by]];
  return { colour: inked(colour, ink), marker, dash };
}

const isMarked = (series, state) => state.marked.includes(textOf(series).text);
const showsInterval = (series, state) => state.intervals === "all" || (state.intervals === "marked" && isMarked(series, state));
/** The metric, and the second if there is one. */
const metricsOf = (state) => unique([state.metric, state.beside]).filter(Boolean).map((id) => QUANTITIES.get(id));

/** The reader of a metric at a layer (`at`) or over layers (`over`), minus the reference if that is asked for. */
const isMinus = (state, quantity) => state.minus === "yes" && !quantity.to_reference;
const reader = (state, quantity, read) => (isMinus(state, quantity) ? minusReference(read) : read);
const labelOf = (name) => TEXTS.find(({ text }) => text === name)?.label ?? name;
const minusName = (state, quantity) => (isMinus(state, quantity) ? ` − ${labelOf(FACTS.references[state.corpus])}` : "");
