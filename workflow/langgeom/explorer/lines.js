// Lines over layers, a panel a model; what is pointed at stands out in all panels.

const FEW = 10; // so many lines have their names beside them
const FULL = 60; // with more lines, no dashes could be told apart, and bands would be one
const MARKERS_MOST = 30; // with more lines, markers only on those that stand out

function drawLine(surface, quantity, series, box, look, { width = 1.3, alpha = 1, every = 0, size = 3, dashed = true }) {
  const { value } = numbersOf(quantity);
  const [start, end] = [CELLS[series], CELLS[series + 1]];
  const { sx, sy } = box;
  const points = [];
  surface.globalAlpha = alpha;
  surface.strokeStyle = surface.fillStyle = look.colour;
  surface.lineWidth = width;
  surface.setLineDash(dashed ? look.dash.map((part) => part * width) : []);
  surface.beginPath();
  let drawing = false;
  for (let cell = start; cell < end; cell++) {
    const y = sy(value[cell]);
    if (Number.isFinite(y)) {
      const x = sx(cell - start);
      surface[drawing ? "lineTo" : "moveTo"](x, y);
      drawing = true;
      points.push([x, y]);
    } else drawing = false;
  }
  surface.stroke();
  surface.setLineDash([]);
  if (!every) return;
  surface.beginPath();
  points.forEach(([x, y], place) => {
    if ((place + series) % every === 0 || points.length === 1) addMarker(surface, look.marker, x, y, size);
  });
  surface.fill();
}

function drawBand(surface, quantity, series, box, look, alpha) {
  const { low, high } = numbersOf(quantity);
  const [start, end] = [CELLS[series], CELLS[series + 1]];
  surface.globalAlpha = alpha;
  surface.fillStyle = look.colour;
  let cell = start;
  const held = (at) => Number.isFinite(box.sy(low[at])) && Number.isFinite(box.sy(high[at]));
  while (cell < end) {
    while (cell < end && !held(cell)) cell += 1;
    const first = cell;
    surface.beginPath();
    for (; cell < end && held(cell); cell++) surface[cell === first ? "moveTo" : "lineTo"](box.sx(cell - start), box.sy(high[cell]));
    for (let back = cell - 1; back >= first; back--) surface.lineTo(box.sx(back - start), box.sy(low[back]));
    if (cell > first) surface.fill();
  }
}

/** As drawBand, for pictures so full that bands would be one: a thin bar a layer. */
function drawBars(surface, quantity, series, box, look, alpha) {
  const { low, high } = numbersOf(quantity);
  const start = CELLS[series];
  surface.globalAlpha = alpha;
  surface.strokeStyle = look.colour;
  surface.lineWidth = 1;
  surface.setLineDash([]);
  surface.beginPath();
  for (let cell = start; cell < CELLS[series + 1]; cell++) {
    const [from, to] = [box.sy(low[cell]), box.sy(high[cell])];
    if (!Number.isFinite(from) || !Number.isFinite(to)) continue;
    surface.moveTo(box.sx(cell - start), from);
    surface.lineTo(box.sx(cell - start), to);
  }
  surface.stroke();
}

/** Join the two lines of a language's two scripts at every layer, or at one. */
function drawJoins(surface, quantity, pairs, box, layer = null) {
  surface.strokeStyle = INK.join;
  surface.globalAlpha = layer === null ? 0.45 : 0.9;
  surface.lineWidth = layer === null ? 1 : 1.6;
  surface.setLineDash([]);
  surface.beginPath();
  for (const pair of pairs) {
    const layers = layer === null ? d3.range(Math.min(...pair.map(layersOf))) : [layer];
    for (const at of layers) {
      const [from, to] = pair.map((series) => box.sy(readCell(quantity, series, at).value));
      if (!Number.isFinite(from) || !Number.isFinite(to)) continue;
      surface.moveTo(box.sx(at), from);
      surface.lineTo(box.sx(at), to);
    }
  }
  surface.stroke();
}

function valuesOf({ value }, series, from) {
  const values = [];
  for (const one of series) {
    for (let cell = CELLS[one] + from; cell < CELLS[one + 1]; cell++) if (Number.isFinite(value[cell])) values.push(value[cell]);
  }
  return values;
}

/**
 * Values of layer 1 and up without those far out, as figures settle their scale (figures/scales.py): of layer 0 most points are
 * duplicates, from which an intrinsic dimension can come out as anything.
 */
function settled(numbers, series) {
  const after = valuesOf(numbers, series, 1);
  const values = Float64Array.from(after.length ? after : valuesOf(numbers, series, 0)).sort();
  if (!(values[0] > 0)) return Array.from(values);
  const [low, high] = [0.25, 0.75].map((part) => Math.log(d3.quantileSorted(values, part)));
  const room = Math.max(3 * (high - low), Math.LN2);
  return Array.from(values.filter((value) => Math.log(value) >= low - room && Math.log(value) <= high + room));
}

function composeLines(state) {
  const quantity = QUANTITIES.get(state.metric);
  const log = state.scale === "log";
  // A metric may be missing for a whole text or corpus, as KL divergence is for the reference.
  const has = (series) => valuesOf(numbersOf(quantity), [series], 0).length > 0;
  const groups = shownSeries(state)
    .map(({ model, series }) => ({ model, series: series.filter(has) }))
    .filter(({ series }) => series.length);
  const all = groups.flatMap((group) => group.series);
  const numbers = numbersOf(quantity);
  const marked = new Set(state.marked);
  const stands = (series) => marked.has(textOf(series).text);
  const drawsBand = (series) => state.intervals === "all" || (state.intervals === "marked" && stands(series));
  // Limits of each model's values, then of its intervals as far as they do not dwarf the values.
  const reaches = new Map(groups.map(({ model, series }) => {
    const [low, high] = domainOf(state.far === "yes" ? valuesOf(numbers, series, 0) : settled(numbers, series), log);
    const room = (high - low) / 4;
    const bounds = series.filter(drawsBand).flatMap((one) => [numbers.low, numbers.high].flatMap((part) =>
      Array.from(part.subarray(CELLS[one], CELLS[one + 1])).filter((bound) => bound >= low - room && bound <= high + room)));
    return [model, domainOf([low, high, ...bounds], log)];
  }));
  const shared = state.axes === "same" ? domainOf([...reaches.values()].flat(), log) : null;
  const panels = groups.map(({ model, series }) => {
    const pairs = scriptPairs(series);
    return { title: model.name, series, pairs, paired: new Set(pairs.flat()), layers: model.layers, domain: shared ?? reaches.get(model) };
  });
  const fullest = d3.max(panels, (panel) => panel.series.length) ?? 0;
  const named = (panel) => panel.series.filter((series) =>
    panel.series.length <= FEW || stands(series));
  const names = [...new Set(panels.flatMap((panel) => named(panel).map((series) => textOf(series).label)))];

  const yScale = ({ domain }) => (log ? d3.scaleLog().domain(domain) : d3.scaleLinear().domain(domain).nice());

  /** A sentence on what runs out of the frame. */
  function offScale() {
    let [count, most] = [0, -Infinity];
    for (const { series, domain } of panels) {
      const { 0: low, length, [length - 1]: high } = yScale({ domain }).domain();
      for (const value of valuesOf(numbers, series, 0)) {
        if (value < low || value > high) [count, most] = [count + 1, Math.max(most, value)];
      }
    }
    return count ? `Off scale: ${count.toLocaleString("en")} value${count > 1 ? "s" : ""}, up to ${shown(most)}.` : "";
  }

  const ends = (panel, box) => named(panel).flatMap((series) => {
    for (let layer = layersOf(series) - 1; layer >= 0; layer--) {
      const y = box.sy(readCell(quantity, series, layer).value);
      const strong = stands(series) || textOf(series).text === FACTS.reference;
      if (Number.isFinite(y)) return [{ x: box.sx(layer), y, name: textOf(series).label, colour: lookOf(series, state).colour, strong }];
    }
    return [];
  });

  function drawStrong(surface, series, box) {
    const look = lookOf(series, state);
    if (state.intervals !== "none") drawBand(surface, quantity, series, box, look, 0.16);
    drawLine(surface, quantity, series, box, look, { width: 2.4, every: 1, size: 3.6 });
  }

  function drawPanel(surface, panel, box) {
    surface.beginPath();
    surface.rect(box.left - 5, box.top - 5, box.width + 10, box.height + 10);
    clipped(surface, () => {
      const count = panel.series.length;
      const joined = state.joined === "yes";
      const full = count > FULL ? 0.45 : count > 20 ? 0.75 : 1;
      const width = count > FULL ? 1 : 1.4;
      if (state.intervals === "all") {
        for (const series of panel.series) {
          if (count > FULL) drawBars(surface, quantity, series, box, lookOf(series, state), 0.2);
          else drawBand(surface, quantity, series, box, lookOf(series, state), count > 20 ? 0.05 : 0.13);
        }
      }
      for (const series of panel.series) {
        const reference = textOf(series).text === FACTS.reference;
        const fades = marked.size ? !stands(series) : joined && panel.pairs.length && !panel.paired.has(series);
        const every = count > MARKERS_MOST ? 0 : count > 8 ? 4 : 2;
        const alpha = fades ? 0.16 : reference ? 1 : full;
        drawLine(surface, quantity, series, box, lookOf(series, state), { width: reference ? 2 : width, alpha, every: fades ? 0 : every, dashed: count <= FULL });
      }
      if (joined) drawJoins(surface, quantity, panel.pairs, box);
      panel.series.filter(stands).forEach((series) => drawStrong(surface, series, box));
    });
    drawNames(surface, box, ends(panel, box));
  }

  /** What is pointed at, in every panel: the text, its other script, the layer. */
  function drawOver(surface, layout, { text, layer }) {
    panels.forEach((panel, number) => {
      const box = layout.boxes[number];
      const found = panel.series.find((series) => textOf(series).text === text);
      const pairs = panel.pairs.filter((pair) => pair.includes(found));
      surface.globalAlpha = 0.6;
      surface.fillStyle = "#ffffff";
      surface.beginPath();
      surface.rect(box.left, box.top, box.width, box.height);
      surface.fill();
      surface.globalAlpha = 1;
      surface.strokeStyle = INK.axis;
      surface.lineWidth = 1;
      surface.setLineDash([]);
      surface.beginPath();
      surface.moveTo(box.sx(layer), box.top);
      surface.lineTo(box.sx(layer), box.top + box.height);
      if (layer < panel.layers) surface.stroke();
      const strong = new Set([...pairs.flat(), ...(found === undefined ? [] : [found])]);
      surface.beginPath();
      surface.rect(box.left - 5, box.top - 5, box.width + 10, box.height + 10);
      clipped(surface, () => {
        for (const series of strong) drawStrong(surface, series, box);
        if (layer < panel.layers) drawJoins(surface, quantity, pairs, box, layer);
      });
      for (const series of strong) {
        const { value } = readCell(quantity, series, layer);
        const y = box.sy(value);
        if (!(y > box.top - 5 && y < box.top + box.height + 5)) continue;
        surface.globalAlpha = 1;
        surface.strokeStyle = lookOf(series, state).colour;
        surface.fillStyle = "#ffffff";
        surface.lineWidth = 2;
        surface.beginPath();
        surface.arc(box.sx(layer), y, series === found ? 6 : 4.5, 0, 2 * Math.PI);
        surface.fill();
        surface.stroke();
      }
    });
  }

  /** The nearest line to a place in a panel, at the nearest layer. */
  function find(layout, number, x, y) {
    const [panel, box] = [panels[number], layout.boxes[number]];
    const layer = Math.max(0, Math.min(panel.layers - 1, Math.round(box.sx.invert(x))));
    const near = d3.least(panel.series, (series) => {
      const away = Math.abs(box.sy(readCell(quantity, series, layer).value) - y);
      return Number.isFinite(away) ? away : Infinity;
    });
    return near === undefined ? null : { panel: number, text: textOf(near).text, layer };
  }

  /** Where an arrow key leads: left and right by layer, up and down to the next line at the layer, page keys by panel. */
  function step(pointer, key) {
    const panel = panels[pointer.panel];
    if (key === "ArrowLeft") return { ...pointer, layer: Math.max(0, pointer.layer - 1) };
    if (key === "ArrowRight") return { ...pointer, layer: Math.min(panel.layers - 1, pointer.layer + 1) };
    if (key === "Home") return { ...pointer, layer: 0 };
    if (key === "End") return { ...pointer, layer: panel.layers - 1 };
    const at = (series) => readCell(quantity, series, pointer.layer).value;
    const order = panel.series.filter((series) => Number.isFinite(at(series))).sort((a, b) => at(a) - at(b));
    const place = order.findIndex((series) => textOf(series).text === pointer.text) + (key === "ArrowUp" ? 1 : -1);
    const next = order[Math.max(0, Math.min(order.length - 1, place))];
    return next === undefined ? pointer : { ...pointer, text: textOf(next).text };
  }

  function describe({ panel, text, layer }) {
    const found = panels[panel].series.find((series) => textOf(series).text === text);
    const others = panels[panel].pairs.filter((pair) => pair.includes(found)).flat().filter((series) => series !== found);
    const rows = [found, ...others].map((series) => ({ series, ...readCell(quantity, series, layer) }));
    return { title: panels[panel].title, where: `Layer ${layer}`, rows, at: { layer, value: rows[0].value } };
  }

  return {
    panels, names, describe, drawPanel, drawOver, find, step, quantity,
    lined: true,
    noteHeight: 0,
    footnote: offScale(),
    left: 46,
    legend: fullest <= FEW && state.colour === "text" ? [] : legendOf(all, state),
    xLabel: FACTS.layer_axis,
    yLabel: quantity.name + (log ? ", log scale" : ""),
    xScale: ({ layers }) => d3.scaleLinear().domain([0, Math.max(1, layers - 1)]),
    yScale,
    xTicks: (box) => box.sx.ticks(Math.min(box.sx.domain()[1], box.width / 45)).filter(Number.isInteger),
    yTicks: (box) => box.sy.ticks(log ? 5 : box.height / 50).filter((tick, _, all) => !log || all.length < 12 || /^[125]/.test(tick.toExponential())),
    xFormat: String,
    yFormat: tickNumber,
    first: () => panels.length && { panel: 0, text: textOf(named(panels[0])[0] ?? panels[0].series[0]).text, layer: Math.floor(panels[0].layers / 2) },
    place: (layout, { panel, text, layer }) => {
      const found = panels[panel].series.find((series) => textOf(series).text === text);
      return [layout.boxes[panel].sx(layer), layout.boxes[panel].sy(readCell(quantity, found, layer).value)];
    },
  };
}
