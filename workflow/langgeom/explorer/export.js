// The view as files: SVG of the picture as it stands, CSV of the numbers it shows.

const quoted = (value) => {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};
const csvOf = (columns, rows) => [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
const TEXT_COLUMNS = ["model", "corpus", "text", "lang", "script", "family"];
const textColumns = (series) => {
  const { text, lang, script, family } = textOf(series);
  return [MODELS[SERIES.model[series]].name, CORPORA[SERIES.corpus[series]], text, lang, script, family];
};
const fourNumbers = ({ value, low, high, n }) => [exact(value), exact(low), exact(high), n < 0 ? "" : n];

function viewAsCsv(state, picture) {
  if (state.view === "sentences") {
    const { rows, layer } = chosenSentences(state);
    return csvOf(
      ["model", "corpus", "text", "layer", "end", "line", "cosine", "sentence", "translation"],
      rows.map((row) => [state.sentence_model, state.corpus, state.sentence_text, layer, row.end, row.line + 1, row.cosine, row.sentence, row.translation]),
    );
  }
  if (state.view === "scatter") {
    const four = (axis) => ["", "_low", "_high", "_n"].map((part) => axis + part);
    const [qx, qy] = [QUANTITIES.get(state.x), QUANTITIES.get(state.y)];
    return csvOf(
      [...TEXT_COLUMNS, "x_quantity", "x_layer", ...four("x"), "y_quantity", "y_layer", ...four("y")],
      picture.panels.flatMap((panel) => panel.points).map(({ series, x, y }) => [
        ...textColumns(series), qx.id, qx.layers ? state.xlayer : "", ...fourNumbers(x), qy.id, qy.layers ? state.ylayer : "", ...fourNumbers(y),
      ]),
    );
  }
  const { quantity } = picture;
  return csvOf(
    [...TEXT_COLUMNS, "layer", "metric", "over", "value", "low", "high", "n"],
    picture.panels.flatMap((panel) => panel.series).flatMap((series) =>
      d3.range(layersOf(series)).map((layer) => ({ layer, ...readCell(quantity, series, layer) }))
        .filter((row) => row.n >= 0 || Number.isFinite(row.value))
        .map((row) => [...textColumns(series), row.layer, quantity.metric, quantity.over, ...fourNumbers(row)])),
  );
}

function viewAsSvg(picture, width) {
  const surface = new SvgSurface();
  const layout = layOut(picture, width, surface);
  drawPicture(surface, picture, layout);
  return surface.toString(layout.width, layout.height, `${picture.yLabel} by ${picture.xLabel}`);
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function fileName(state, suffix) {
  const parts = { layers: [state.metric], scatter: [state.y, state.x], sentences: [state.sentence_model, state.sentence_text] };
  return `${["langgeom", ...parts[state.view]].join("-").replace(/[^\w.-]+/g, "_")}.${suffix}`;
}
