// What is looked at: one flat state, kept in the address after #, so that back, forward and a copied link work.

const LAYERED = FACTS.quantities.filter((quantity) => quantity.layers).map((quantity) => quantity.id);
const EVERY = FACTS.quantities.map((quantity) => quantity.id);
const HAS_SENTENCES = Object.keys(SENTENCES.chosen).length > 0;
const MOST_LAYERS = Math.max(...MODELS.map((model) => model.layers));
const LAYERS = ["median", "last", ...Array.from({ length: MOST_LAYERS }, (_, layer) => String(layer))];
const unique = (values) => [...new Set(values)].sort();
// The corpus of most texts: of languages, rather than of pairs of sentences.
const largest = CORPORA[d3.mode(SERIES.corpus)];
const trained = MODELS.filter((model) => model.init === "trained").map((model) => model.name);
const COMPARED = HAS_SENTENCES
  ? TEXTS.map((text) => text.text).filter((text) =>
      Object.values(SENTENCES.chosen).some((corpora) => Object.values(corpora).some((texts) => text in texts)))
  : [];

const one = (allowed, initial) => ({ allowed, initial });
const some = (allowed, initial) => ({ allowed, initial, several: true });

const dimension =
  FACTS.quantities.find((quantity) => quantity.layers && quantity.metric === FACTS.first)?.id ??
  LAYERED.find((id) => id.startsWith("id_"));

// Each setting: what it may be, and what it is at first. Those that name several are arrays in the order of `allowed`.
const SETTINGS = {
  view: one(["layers", "scatter", "sentences"].slice(0, HAS_SENTENCES ? 3 : 2), "layers"),
  metric: one(LAYERED, dimension ?? LAYERED[0]),
  corpus: one(CORPORA, largest),
  models: some(MODELS.map((model) => model.name), trained.length ? trained : MODELS.map((model) => model.name)),
  scripts: some(unique(TEXTS.map((text) => text.script)), null),
  families: some(unique(TEXTS.map((text) => text.family)), null),
  texts: some(TEXTS.map((text) => text.text), null),
  colour: one(["script", "family", "text"], "script"),
  intervals: one(["marked", "all", "none"], "marked"),
  joined: one(["no", "yes"], "no"),
  scale: one(["linear", "log"], "linear"),
  far: one(["no", "yes"], "no"),
  axes: one(["same", "own"], "same"),
  scatter_axes: one(["own", "same"], "own"),
  marked: some(TEXTS.map((text) => text.text), []),
  x: one(EVERY, EVERY.find((id) => id.startsWith("bpc")) ?? EVERY.find((id) => id.startsWith("anisotropy")) ?? EVERY[0]),
  xlayer: one(LAYERS, "median"),
  y: one(EVERY, dimension ?? EVERY[0]),
  ylayer: one(LAYERS, "median"),
  sentence_model: one(Object.keys(SENTENCES.chosen), Object.keys(SENTENCES.chosen).find((name) => trained.includes(name))),
  sentence_text: one(COMPARED, COMPARED[0]),
};
for (const setting of Object.values(SETTINGS)) if (setting.initial === null) setting.initial = setting.allowed;

const same = (a, b) => a === b || (Array.isArray(a) && a.length === b.length && a.every((value, place) => value === b[place]));
const initialState = () => Object.fromEntries(Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]));

/** The state as it stands after #: only what differs from the first, and of long lists what is left out ("-"). */
function formatState(state) {
  const parts = [];
  for (const [name, { allowed, initial, several }] of Object.entries(SETTINGS)) {
    if (same(state[name], initial)) continue;
    let values = [state[name]].flat();
    let sign = "";
    if (several && values.length > allowed.length / 2) {
      values = allowed.filter((value) => !state[name].includes(value));
      sign = "-";
    }
    parts.push(`${name}=${sign}${values.map(encodeURIComponent).join(",")}`);
  }
  return parts.join("&");
}

/** Read what stands after #; what is not understood is left as it is at first. */
function parseState(hash) {
  const state = initialState();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [name, ...rest] = part.split("=");
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : null;
    if (!setting) continue;
    const text = rest.join("=");
    const without = setting.several && text.startsWith("-");
    let values;
    try {
      values = (without ? text.slice(1) : text).split(",").filter(Boolean).map(decodeURIComponent);
    } catch {
      continue;
    }
    if (setting.several) state[name] = setting.allowed.filter((value) => values.includes(value) !== without);
    else if (setting.allowed.includes(values[0])) state[name] = values[0];
  }
  return state;
}

/** The series that are shown: of the corpus, the models and the texts that pass all three lists, by model. */
function shownSeries(state) {
  const models = new Set(state.models);
  const [scripts, families, texts] = [new Set(state.scripts), new Set(state.families), new Set(state.texts)];
  const corpus = CORPORA.indexOf(state.corpus);
  const passes = TEXTS.map((text) => scripts.has(text.script) && families.has(text.family) && texts.has(text.text));
  const found = MODELS.map(() => []);
  for (let series = 0; series < COUNT; series++) {
    if (SERIES.corpus[series] === corpus && passes[SERIES.text[series]] && models.has(MODELS[SERIES.model[series]].name)) {
      found[SERIES.model[series]].push(series);
    }
  }
  return found.map((series, model) => ({ model: MODELS[model], series })).filter(({ series }) => series.length);
}

/** Pairs of series that are one language in two scripts: [[series, series], ...] (of three scripts, each with the next). */
function scriptPairs(series) {
  const groups = d3.group(series, (one) => `${textOf(one).lang} ${textOf(one).variant}`);
  return [...groups.values()].flatMap((group) => d3.pairs(group));
}
