// Numbers in words: the note beside what is pointed at, what a screen reader says, and the table below the picture.

const SWATCH = "http://www.w3.org/2000/svg";

function swatch(look, lined) {
  const svg = document.createElementNS(SWATCH, "svg");
  const surface = d3.path();
  addMarker(surface, look.marker, 11, 6, 3.6);
  svg.setAttribute("viewBox", "0 0 22 12");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const add = (attributes) => {
    const path = document.createElementNS(SWATCH, "path");
    for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
    svg.append(path);
  };
  if (lined) add({ d: "M0 6H22", stroke: look.colour, "stroke-width": 1.6, "stroke-dasharray": look.dash.join(" ") || "none" });
  add({ d: String(surface), fill: look.colour });
  return svg;
}

/** Show the note beside a point of the picture, within the picture's width. */
function showNote(note, picture, layout, pointer, state) {
  note.hidden = !pointer;
  if (!pointer) return;
  const { title, where, rows } = picture.describe(pointer);
  note.replaceChildren(make("p", { class: "head", text: [title, where].filter(Boolean).join(" · ") }));
  let last = null;
  for (const row of rows) {
    const text = textOf(row.series);
    if (row.series !== last) {
      note.append(make("p", { class: "name" }, swatch(lookOf(row.series, state), picture.lined), make("bdi", { text: text.label })));
    }
    last = row.series;
    const line = make("p", { class: "number" });
    if (row.name) line.append(make("span", { class: "what", text: row.name }));
    line.append(make("strong", { text: shown(row.value) }), ` ${shownInterval(row)}`);
    if (row.n >= 0) line.append(make("span", { class: "n", text: ` n ${row.n.toLocaleString("en")}` }));
    note.append(line);
  }
  const [x, y] = picture.place(layout, pointer);
  const { offsetWidth: wide, offsetHeight: tall } = note;
  const left = x + 18 + wide <= layout.width ? x + 18 : Math.max(0, Math.min(x - 18 - wide, layout.width - wide));
  note.style.left = `${left}px`;
  note.style.top = `${Math.max(0, Math.min(Number.isFinite(y) ? y - tall / 2 : 0, layout.height - tall))}px`;
}

function spoken(picture, pointer) {
  if (!pointer) return "";
  const { title, where, rows } = picture.describe(pointer);
  const said = rows.map((row) => `${textOf(row.series).label}${row.name ? `, ${row.name}` : ""}: ${shown(row.value)} ${shownInterval(row)}`);
  return [title, where, ...said].filter(Boolean).join("; ");
}

const ROWS_MOST = 250;

/** The table of all that is shown: texts down, models across, at one layer (lines), or each point (scatter). */
function showTable(into, caption, picture, state, layer) {
  const scatter = state.view === "scatter";
  const columns = picture.panels;
  const rows = new Map();
  columns.forEach((panel, column) => panel.series.forEach((series) => {
    const text = textOf(series).text;
    if (!rows.has(text)) rows.set(text, { series, cells: [] });
    rows.get(text).cells[column] = series;
  }));
  const numbers = (series) => scatter
    ? [readAt(QUANTITIES.get(state.x), series, state.xlayer), readAt(QUANTITIES.get(state.y), series, state.ylayer)]
    : [readCell(picture.quantity, series, layer)];
  const first = (row) => row.cells[0] === undefined ? NaN : numbers(row.cells[0]).at(-1).value;
  const sorted = [...rows.values()].map((row) => ({ ...row, key: first(row) })).sort((a, b) => d3.descending(a.key, b.key));
  const what = scatter ? `${picture.xLabel}; ${picture.yLabel}` : `${picture.quantity.name}, layer ${layer}`;
  const left = sorted.length - ROWS_MOST;
  caption.textContent = `${what}${left > 0 ? ` (the first ${ROWS_MOST}; ${left} more in the CSV)` : ""}`;
  const head = make("tr", {}, make("th", { scope: "col", text: "Text" }));
  for (const { title } of columns) head.append(make("th", { scope: "col", text: title, class: "numeric" }));
  const body = make("tbody");
  for (const row of sorted.slice(0, ROWS_MOST)) {
    const line = make("tr", {}, make("th", { scope: "row" }, swatch(lookOf(row.series, state), picture.lined),
      make("bdi", { text: textOf(row.series).label })));
    columns.forEach((_, column) => {
      const cell = make("td", { class: "numeric" });
      if (row.cells[column] !== undefined) {
        numbers(row.cells[column]).forEach((number, place) => {
          cell.append(place ? "; " : "", make("span", { text: shown(number.value) }), " ", make("small", { text: shownInterval(number) }));
        });
      }
      line.append(cell);
    });
    body.append(line);
  }
  into.replaceChildren(make("thead", {}, head), body);
}
