// What both pictures share: looks, the legend, panels (one a model) laid out in the width there is, axes, names beside ends.

const INK = { text: "#20242e", soft: "#5a6170", grid: "#eceef2", axis: "#aab0bc", join: "#6b7280" };
const REFERENCE_LOOK = { colour: "#000000", marker: "o", dash: [] };
const LEGEND_MOST = 28;

function lookOf(series, state) {
  const text = textOf(series);
  if (text.text === FACTS.reference) return REFERENCE_LOOK;
  const [colour, marker, dash] = FACTS.looks[state.colour][text[state.colour]];
  return { colour, marker, dash };
}

/** The entries of the legend: what colours mean among these series; none where they would be a page of their own. */
function legendOf(series, state) {
  const entries = new Map();
  for (const one of series) {
    const text = textOf(one);
    if (text.text === FACTS.reference) continue;
    const name = { script: text.script_name, family: text.family, text: text.label }[state.colour];
    if (!entries.has(name)) entries.set(name, { name, look: lookOf(one, state) });
  }
  const sorted = [...entries.values()].sort((a, b) => d3.ascending(a.name, b.name));
  const reference = series.some((one) => textOf(one).text === FACTS.reference);
  if (reference) sorted.unshift({ name: FACTS.reference_label, look: REFERENCE_LOOK });
  return sorted.length > LEGEND_MOST ? [] : sorted;
}

const cut = (surface, text, room) => {
  if (surface.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && surface.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return `${text.slice(0, end)}…`;
};

/** Places for everything: each panel's box and scales, the legend's entries, the height that the width asks for. */
function layOut(picture, width, surface) {
  surface.font = fontOf(12);
  const legend = [];
  let [x, y] = [0, 8];
  for (const entry of picture.legend) {
    const wide = 40 + surface.measureText(entry.name).width + 18;
    if (x && x + wide - 18 > width) [x, y] = [0, y + 20];
    legend.push({ ...entry, x, y });
    x += wide;
  }
  const top = (picture.legend.length ? y + 22 : 0) + 24;
  const count = picture.panels.length;
  const columns = Math.min(count, width < 560 ? 1 : width < 860 || count === 2 || count === 4 ? 2 : 3);
  const gap = columns > 1 ? 26 : 0;
  surface.font = fontOf(11.5, 600);
  const widest = d3.max(picture.names.map((name) => surface.measureText(name).width)) ?? 0;
  const right = picture.names.length ? Math.min(widest + 20, columns > 1 || width < 560 ? 130 : 150) : 10;
  const left = picture.left;
  const wide = (width - (columns - 1) * gap) / columns - left - right;
  const [least, most] = columns === 1 ? [230, count > 1 ? 300 : 430] : [190, 300];
  const tall = Math.round(Math.max(least, Math.min(most, wide * (columns === 1 ? 0.6 : 0.85))));
  const row = tall + 30 + 24 + picture.noteHeight;
  const boxes = picture.panels.map((content, panel) => {
    const box = {
      left: left + (panel % columns) * (left + wide + right + gap),
      top: top + 30 + picture.noteHeight + Math.floor(panel / columns) * row,
      width: wide,
      height: tall,
      right,
    };
    box.sx = picture.xScale(content).range([box.left, box.left + wide]);
    box.sy = picture.yScale(content).range([box.top + tall, box.top]);
    return box;
  });
  return { width, height: top + Math.ceil(count / columns) * row + 26 + (picture.footnote ? 20 : 0), top, legend, boxes };
}

function drawLegend(surface, picture, layout) {
  for (const { name, look, x, y } of layout.legend) {
    surface.globalAlpha = 1;
    surface.strokeStyle = surface.fillStyle = look.colour;
    surface.lineWidth = 1.8;
    if (picture.lined) {
      surface.setLineDash(look.dash.map((part) => part * 1.8));
      surface.beginPath();
      surface.moveTo(x, y);
      surface.lineTo(x + 30, y);
      surface.stroke();
      surface.setLineDash([]);
    }
    surface.beginPath();
    addMarker(surface, look.marker, x + 15, y, 4);
    surface.fill();
    surface.font = fontOf(12);
    surface.textAlign = "left";
    surface.textBaseline = "middle";
    surface.fillStyle = INK.text;
    surface.fillText(name, x + 38, y + 0.5);
  }
}

function drawAxes(surface, picture, layout) {
  surface.textBaseline = "middle";
  surface.globalAlpha = 1;
  surface.setLineDash([]);
  picture.panels.forEach((panel, number) => {
    const box = layout.boxes[number];
    surface.lineWidth = 1;
    surface.font = fontOf(11.5);
    surface.textAlign = "right";
    for (const tick of picture.yTicks(box)) {
      const y = Math.round(box.sy(tick)) + 0.5;
      surface.strokeStyle = INK.grid;
      surface.beginPath();
      surface.moveTo(box.left, y);
      surface.lineTo(box.left + box.width, y);
      surface.stroke();
      surface.fillStyle = INK.soft;
      surface.fillText(picture.yFormat(tick), box.left - 8, y);
    }
    surface.textAlign = "center";
    const bottom = Math.round(box.top + box.height) + 0.5;
    surface.strokeStyle = INK.axis;
    surface.beginPath();
    surface.moveTo(box.left, bottom);
    surface.lineTo(box.left + box.width, bottom);
    for (const tick of picture.xTicks(box)) {
      const x = Math.round(box.sx(tick)) + 0.5;
      surface.moveTo(x, bottom);
      surface.lineTo(x, bottom + 4);
      surface.fillText(picture.xFormat(tick), x, bottom + 14);
    }
    surface.stroke();
    surface.textAlign = "left";
    surface.fillStyle = INK.text;
    surface.font = fontOf(13, 600);
    surface.fillText(cut(surface, panel.title, box.width + box.right), box.left, box.top - 14 - picture.noteHeight);
    if (panel.note) {
      surface.font = fontOf(11.5);
      surface.fillStyle = INK.soft;
      surface.fillText(cut(surface, panel.note, box.width + box.right), box.left, box.top - 12);
    }
  });
  surface.font = fontOf(12);
  surface.fillStyle = INK.soft;
  surface.textAlign = "left";
  surface.fillText(cut(surface, `↑ ${picture.yLabel}`, layout.width), 0, layout.top - 10);
  surface.textAlign = "right";
  surface.fillText(cut(surface, `${picture.xLabel} →`, layout.width), layout.width, layout.height - (picture.footnote ? 30 : 10));
  surface.textAlign = "left";
  surface.font = fontOf(11.5);
  surface.fillText(cut(surface, picture.footnote, layout.width), 0, layout.height - 8);
}

/** Move heights apart to at least `gap`, in their order, between low and high. */
function spread(heights, gap, low, high) {
  const order = d3.range(heights.length).sort((a, b) => heights[a] - heights[b]);
  const moved = new Array(heights.length);
  let last = -Infinity;
  for (const place of order) last = moved[place] = Math.max(heights[place], last + gap, low);
  let next = high + gap;
  for (const place of order.reverse()) next = moved[place] = Math.min(moved[place], next - gap);
  return moved;
}

/** Write names right of a panel, each joined to its line's end. */
function drawNames(surface, box, ends) {
  const places = spread(ends.map((end) => end.y), 13.5, box.top - 4, box.top + box.height + 4);
  ends.forEach((end, number) => {
    const edge = box.left + box.width;
    surface.globalAlpha = 0.5;
    surface.strokeStyle = end.colour;
    surface.lineWidth = 0.8;
    surface.beginPath();
    surface.moveTo(end.x + 3, end.y);
    surface.lineTo(edge + 4, end.y);
    surface.lineTo(edge + 12, places[number]);
    surface.stroke();
    surface.globalAlpha = 1;
    surface.fillStyle = end.colour;
    surface.font = fontOf(11.5, end.strong ? 600 : 400);
    surface.textAlign = "left";
    surface.textBaseline = "middle";
    surface.fillText(cut(surface, end.name, box.right - 15), edge + 15, places[number]);
  });
}

/** The whole picture, on a canvas or as SVG. */
function drawPicture(surface, picture, layout) {
  drawLegend(surface, picture, layout);
  drawAxes(surface, picture, layout);
  picture.panels.forEach((panel, number) => picture.drawPanel(surface, panel, layout.boxes[number]));
}

const tickNumber = (value) => (value === 0 ? "0" : shown(Number(value.toPrecision(6))));

function domainOf(values, log) {
  const [low, high] = d3.extent(values.filter((value) => Number.isFinite(value) && (!log || value > 0)));
  if (low === undefined) return log ? [0.1, 1] : [0, 1];
  if (low === high) return log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 10, high + (Math.abs(high) || 1) / 10];
  return [low, high];
}
