// The pictures, a chart a panel: lines over layers, heat map and scatter, as options of ECharts, and where their points lie.

const FEW = 12; // so many lines have their names beside them; of more, the outermost
const OUTERMOST = 3;
const CROWDED = 60; // more lines could not be told apart by dashes, nor more points by names
const WIDE = 8; // from this factor on, the smaller half of the lines would share a small part of a linear axis
const NEGLIGIBLE = 1e-6; // a logarithmic axis begins here at the lowest, since divergences below it say nothing
const FLAT = 4; // a panel whose values span less than this part of a common axis has one of its own
const SHADES = 40;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
// Markers by matplotlib's names, as paths in a box of 10 by 10.
const MARKERS = {
  o: "M5 0A5 5 0 1 1 4.99 0Z", s: "M.6 .6H9.4V9.4H.6Z", D: "M5 -.6L10.6 5L5 10.6L-.6 5Z", p: "M5 0L10 3.7L8 9.5H2L0 3.7Z",
  "^": "M5 0L10 9H0Z", v: "M5 10L0 1H10Z", "<": "M0 5L9 0V10Z", ">": "M10 5L1 10V0Z",
  P: "M3.2 0H6.8V3.2H10V6.8H6.8V10H3.2V6.8H0V3.2H3.2Z", X: "M2 0L5 3L8 0L10 2L7 5L10 8L8 10L5 7L2 10L0 8L3 5L0 2Z",
};
const VIRIDIS = ["#30236e", "#31688e", "#21918c", "#5ec962", "#fde725"];
const PLASMA = ["#0d0887", "#6a00a8", "#b12a90", "#e16462"]; // without its end, which is too light for names
const LINES = 5; // from a marked text on a map to its nearest
const DIVERGING = ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"];

// All cells of a colour are one shape: tens of thousands of elements would take a second to draw.
echarts.graphic.registerShape("cells", echarts.graphic.extendShape({
  shape: { rects: [] },
  buildPath(path, { rects }) {
    for (const rect of rects) path.rect(...rect);
  },
}));

const extent = (values) =>
  values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** Values without those far out, after Tukey. */
function settled(values) {
  if (!(extent(values)[0] > 0)) return values;
  const logs = values.map(Math.log);
  const [low, high] = [0.25, 0.75].map((part) => quantile(logs, part));
  const room = Math.max(3 * (high - low), Math.LN2);
  return values.filter((_, place) => logs[place] >= low - room && logs[place] <= high + room);
}

/** The panels of a state: a model and a metric each, with the series that have a value, and the reach of their axis. */
function panelsOf(state) {
  const quantities = metricsOf(state).filter(({ layers }) => layers);
  const panels = shownSeries(state).flatMap(({ model, series }) => quantities.map((quantity) => {
    const read = reader(state, quantity, at);
    const valuesFrom = (one, from) => range(from, model.layers).map((layer) => read(quantity, one, layer).value);
    const values = (one, from) => valuesFrom(one, from).filter(Number.isFinite);
    const kept = series.filter((one) => values(one, 0).length);
    const [all, after] = [0, 1].map((from) => kept.flatMap((one) => values(one, from)));
    const settling = settled(after.length ? after : all);
    const logged = state.scale !== "linear" && (quantity.log || state.scale === "log") && extent(settling)[0] >= 0;
    const reach = extent(logged ? settling.map((value) => Math.max(value, NEGLIGIBLE)) : settling);
    return { title: model.name, model, quantity, read, series: kept, all, reach };
  })).filter(({ series }) => series.length);
  for (const quantity of quantities) {
    const alike = panels.filter((panel) => panel.quantity === quantity);
    const common = extent(alike.flatMap(({ reach }) => reach));
    const wide = ([low, high]) => quantity.log && high > WIDE * low && low > 0;
    const size = ([low, high]) => (wide([low, high]) ? Math.log(high / low) : high - low);
    const flat = alike.some(({ reach }) => FLAT * size(reach) < size(common));
    for (const panel of alike) {
      if (state.axes === "same" || (state.axes === "auto" && !flat)) panel.reach = common;
      panel.log = panel.reach[0] > 0 && (state.scale === "log" || (state.scale === "auto" && wide(panel.reach)));
      panel.axis = axisOf(panel.reach, panel.log);
      panel.off = panel.all.filter((value) => value < panel.axis.min || value > panel.axis.max).length;
    }
  }
  return panels;
}

/** An axis with its limits, rounded to steps that read well, or logarithmic. */
function axisOf([low, high], log = false) {
  if (!(low <= high)) return { type: "value", min: 0, max: 1 };
  if (log) return { type: "log", logBase: high > 1000 * low ? 10 : 2, min: low / 1.15, max: high * 1.15 };
  const room = (high - low) / 60 || Math.abs(high) / 20 || 0.05;
  const rough = (high - low + 2 * room) / 7;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const interval = unit * [1, 2, 5, 10].find((step) => step * unit >= rough);
  const min = Math.floor((low - room) / interval) * interval;
  return { type: "value", min: low >= 0 ? Math.max(0, min) : min, max: Math.ceil((high + room) / interval) * interval, interval };
}

const quiet = (ink) => ({ color: ink.soft, fontSize: 11 });

function valueAxis(axis, ink) {
  const ends = axis.type === "log" ? { showMinLabel: false, showMaxLabel: false } : {};
  const axisLabel = { ...quiet(ink), ...ends, formatter: (value) => shown(value), hideOverlap: true };
  const splitLine = { lineStyle: { color: ink.grid } };
  return { ...axis, axisLabel, splitLine, axisLine: { show: false }, axisTick: { show: false } };
}

const named = (name, nameGap, ink) =>
  ({ name, nameGap, nameLocation: "middle", nameTextStyle: { ...quiet(ink), fontSize: 12 }, nameTruncate: { maxWidth: 230 } });
const along = (name, nameGap, ink) => ({
  ...named(name, nameGap, ink), axisLabel: quiet(ink), splitLine: { show: false },
  axisLine: { onZero: false, lineStyle: { color: ink.axis } },
});

const base = (text, subtext, ink) => ({
  animation: false,
  textStyle: { fontFamily: FONT },
  title: {
    text, subtext, left: 4, top: 0, itemGap: 6, textStyle: { fontSize: 13, fontWeight: 600, color: ink.text, lineHeight: 16 },
    subtextStyle: { fontSize: 11.5, color: ink.soft, lineHeight: 14 },
  },
});

/** Where a value is drawn: on a logarithmic axis, zero is at its lower end. */
const placed = ({ log, axis }, value) => (log && value >= 0 ? Math.max(value, axis.min) : value);

/** A function that draws a series' line, as far as it is on the axis, and its intervals as a band. */
function lineDrawer(panel, state, ink, stands) {
  const { model, quantity, series, read, axis } = panel;
  const crowded = series.length > CROWDED;
  return ({ dataIndex }, api) => {
    const one = series[dataIndex];
    const { colour, dash } = lookOf(one, state, ink);
    const [lines, band] = [[[]], []];
    const banded = showsInterval(one, state);
    for (let layer = 0; layer < model.layers; layer++) {
      const { value: exact, low, high } = read(quantity, one, layer);
      const value = placed(panel, exact);
      if (!(value >= axis.min && value <= axis.max)) lines.push([]);
      else {
        lines.at(-1).push(api.coord([layer, value]));
        if (banded && Number.isFinite(low + high)) band.push([layer, placed(panel, low), high]);
      }
    }
    const opacity = stands(one) ? 1 : state.marked.length ? 0.18 : crowded ? 0.45 : 0.85;
    const lineWidth = isMarked(one, state) ? 2.6 : isReference(one) ? 2 : crowded ? 1 : 1.4;
    const lineDash = crowded || !dash.length ? null : dash.map((part) => 1.4 * part);
    const dot = ([[cx, cy]]) => ({ type: "circle", shape: { cx, cy, r: 2 } });
    const children = lines.filter((points) => points.length).map((points) => ({
      ...(points.length > 1 ? { type: "polyline", shape: { points } } : dot(points)),
      style: { stroke: colour, fill: "none", lineWidth, lineDash, lineJoin: "round", opacity }, z2: stands(one) ? 3 : 1,
      emphasis: { style: { lineWidth: 3, opacity: 1 } },
    }));
    const [highs, lows] = [2, 1].map((end) => band.map((ends) => api.coord([ends[0], ends[end]])));
    const bars = highs.map(([x, y], place) => [x - 0.5, y, 1, lows[place][1] - y]);
    const around = { type: "polygon", shape: { points: [...highs, ...lows.reverse()] } };
    const shape = crowded ? { type: "cells", shape: { rects: bars } } : around;
    const style = { fill: colour, opacity: isMarked(one, state) ? 0.18 : crowded ? 0.3 : 0.06 };
    if (band.length) children.unshift({ ...shape, style, silent: true });
    return { type: "group", children };
  };
}

/** A function that shades the chosen layers, and writes names beside a panel, apart from each other, each joined to its line. */
function nameDrawer(named, { model, axis }, state, ink, stands) {
  return ({ coordSys: { x, y, width, height } }, api) => {
    const layers = state.layers ? layersIn(model)(state.layers) : [];
    const ends = layers.length ? [layers[0] - 0.3, layers.at(-1) + 0.3] : [0, 0];
    const [from, to] = ends.map((layer) => api.coord([layer, axis.min])[0]);
    const shape = { x: Math.max(x, from), y, width: Math.max(0, Math.min(to, x + width) - Math.max(x, from)), height };
    const names = named.map(({ one, value }) => ({ one, at: api.coord(value) })).sort((a, b) => a.at[1] - b.at[1]);
    names.forEach((name, place) => { name.y = Math.max(name.at[1], y, place ? names[place - 1].y + 13 : y); });
    let room = y + height;
    for (const end of names.toReversed()) room = (end.y = Math.min(end.y, room)) - 13;
    const edge = x + width;
    const children = names.flatMap(({ one, at, y: place }) => {
      const { colour } = lookOf(one, state, ink);
      const points = [[at[0] + 3, at[1]], [edge + 3, at[1]], [edge + 11, place]];
      const font = `${stands(one) ? 600 : 400} 11px ${FONT}`;
      return [
        { type: "polyline", shape: { points }, style: { stroke: colour, fill: "none", lineWidth: 0.8, opacity: 0.5 } },
        { type: "text", style: { text: textOf(one).label, x: edge + 14, y: place, verticalAlign: "middle", fill: colour, font } },
      ];
    });
    return { type: "group", children: [{ type: "rect", shape, z2: -1, style: { fill: ink.accent, opacity: 0.12 } }, ...children] };
  };
}

/**
 * Points as symbols with their names, in a chart of this size: none that `stands` is dimmed. A name is written on the first side
 * where it covers no point and no other name; one that has no such side is left out, unless its point is marked.
 */
function symbols(points, grid, [x, y], { clientWidth, clientHeight }, state, ink, stands) {
  const scale = ({ min, max }, value, from, to) => from + ((value - min) / (max - min)) * (to - from);
  const frame = new echarts.graphic.BoundingRect(grid.left, grid.top, clientWidth - grid.left, clientHeight - grid.top);
  const spots = points.map((point) => [
    scale(x, point.x, grid.left, clientWidth - grid.right), scale(y, point.y, clientHeight - grid.bottom, grid.top)]);
  const taken = spots.map(([left, top]) => new echarts.graphic.BoundingRect(left - 4, top - 4, 8, 8));
  const named = points.filter(({ series }) => stands(series) || (!state.marked.length && points.length <= CROWDED));
  const sides = new Map();
  for (const point of named.toSorted((a, b) => stands(b.series) - stands(a.series))) {
    const [left, top] = spots[points.indexOf(point)];
    const font = `${stands(point.series) ? 600 : 400} 11px ${FONT}`;
    const { width, height } = echarts.format.getTextRect(` ${textOf(point.series).label} `, font);
    const corners = {
      right: [left + 5, top - height / 2], left: [left - 5 - width, top - height / 2],
      top: [left - width / 2, top - 8 - height], bottom: [left - width / 2, top + 8],
    };
    const places = Object.entries(corners).map(([side, corner]) => [side, new echarts.graphic.BoundingRect(...corner, width, height)]);
    const inside = places.filter(([, { x: at, y: up }]) => frame.contain(at, up) && frame.contain(at + width, up + height));
    const found = inside.find(([, place]) => !taken.some((other) => place.intersect(other))) ?? (stands(point.series) && inside[0]);
    if (!found) continue;
    sides.set(point, found[0]);
    taken.push(found[1]);
  }
  return points.map((point) => {
    const { series } = point;
    const { marker, colour } = lookOf(series, state, ink);
    return {
      name: textOf(series).text, value: [point.x, point.y],
      symbol: `path://${MARKERS[marker]}`, symbolSize: isMarked(series, state) ? 13 : 8,
      itemStyle: { color: colour, opacity: stands(series) || !state.marked.length ? 0.9 : 0.3 },
      label: {
        show: sides.has(point), formatter: () => textOf(series).label, color: colour, fontSize: 11, position: sides.get(point),
        fontWeight: isMarked(series, state) || isReference(series) ? 600 : 400,
      },
    };
  });
}

/** The map of a model at the slider's place; of a model with fewer maps, that which is about as deep. */
function mapOf(model, { corpus, step }) {
  const maps = FACTS.maps[model.name]?.[corpus] ?? [];
  return maps[Math.round((step * (maps.length - 1)) / Math.max(1, STEPS - 1))];
}

const VIEWS = {
  layers: {
    layered: true,
    panels: panelsOf,
    points: (panel, layer) =>
      panel.series.map((one) => ({ series: one, x: layer, y: placed(panel, panel.read(panel.quantity, one, layer).value) })),
    numbers: ({ quantity, read }, series, layer) => [["", read(quantity, series, layer)]],
    option(panel, state, ink) {
      const { model, quantity, series, read, axis, off, all } = panel;
      const stands = (one) => isMarked(one, state) || isReference(one);
      const ends = series.map((one) => {
        const layer = range(0, model.layers).findLast((layer) => Number.isFinite(read(quantity, one, layer).value));
        return { one, value: [layer, placed(panel, read(quantity, one, layer).value)] };
      }).sort((a, b) => a.value[1] - b.value[1]);
      const outer = (place) => !state.marked.length && (place < OUTERMOST || place >= ends.length - OUTERMOST);
      const outermost = ends.filter(({ one }, place) => ends.length <= FEW || stands(one) || outer(place));
      const longest = Math.min(26, Math.max(0, ...outermost.map(({ one }) => textOf(one).label.length)));
      const about = quantity.name + minusName(state, quantity) + (off ? `; ${off} of ${all.length} values are off scale` : "");
      return {
        ...base(panel.title, about, ink),
        grid: { left: 46, right: 22 + 6.4 * longest, top: 54, bottom: 38 },
        xAxis: { type: "value", min: 0, max: Math.max(1, model.layers - 1), minInterval: 1, ...along("Layer", 22, ink) },
        yAxis: valueAxis(axis, ink),
        series: [
          {
            type: "custom", clip: true, renderItem: lineDrawer(panel, state, ink, stands),
            data: series.map((one) => ({ name: textOf(one).text, value: [0, 0] })),
          },
          { type: "custom", silent: true, data: [[0, 0]], renderItem: nameDrawer(outermost, panel, state, ink, stands) },
        ],
      };
    },
  },
  heatmap: {
    layered: true,
    panels: (state) => panelsOf(state).map((panel) => {
      const value = (one) => reader(state, panel.quantity, over)(panel.quantity, one, state.layers).value;
      const known = (one) => (Number.isFinite(value(one)) ? value(one) : -Infinity);
      const byValue = (a, b) => (known(b) === known(a) ? 0 : known(b) - known(a));
      const byName = (a, b) => textOf(a)[state.rows].localeCompare(textOf(b)[state.rows]);
      return { ...panel, series: panel.series.toSorted(state.rows === "value" ? byValue : byName) };
    }),
    numbers: (...all) => VIEWS.layers.numbers(...all),
    height: (panel) => 100 + Math.min(900, Math.max(120, 15 * panel.series.length)),
    points: ({ series, quantity, read }, layer) =>
      series.map((one, y) => ({ series: one, x: layer, y }))
        .filter(({ series: one }) => Number.isFinite(read(quantity, one, layer).value)),
    option({ title, model, quantity, series, read, log, reach }, state, ink) {
      const minus = minusName(state, quantity);
      const size = Math.max(...reach.map(Math.abs));
      const scaled = (value) => (log ? Math.log10(value) : value);
      const [min, max] = minus ? [-size, size] : reach.map(scaled);
      const colours = range(0, SHADES).map((shade) => echarts.color.lerp(shade / (SHADES - 1), minus ? DIVERGING : VIRIDIS));
      function renderItem(_, api) {
        const [wide, tall] = api.size([1, 1]);
        const [left, top] = api.coord([0, 0]);
        // Whole pixels, so that no seams show.
        const x = range(0, model.layers + 1).map((layer) => Math.round(left + (layer - 0.5) * wide));
        const y = range(0, series.length + 1).map((row) => Math.round(top + (row - 0.5) * tall));
        const rects = colours.map(() => []);
        series.forEach((one, row) => range(0, model.layers).forEach((layer) => {
          const part = (scaled(read(quantity, one, layer).value) - min) / (max - min || 1);
          const shade = Math.round(Math.max(0, Math.min(1, part)) * (SHADES - 1));
          rects[shade]?.push([x[layer], y[row], x[layer + 1] - x[layer], y[row + 1] - y[row]]);
        }));
        const children = colours.map((fill, shade) => ({ type: "cells", shape: { rects: rects[shade] }, style: { fill } }));
        return { type: "group", silent: true, children };
      }
      const stops = colours.map((color, shade) => ({ offset: shade / (SHADES - 1), color }));
      const ends = [min, max].map((value) => shown(log ? 10 ** value : value, 3)).join(" to ") + (log ? ", log scale" : "");
      const bare = { axisTick: { show: false }, axisLine: { show: false } };
      return {
        ...base(title, quantity.name + minus, ink),
        grid: { left: 118, right: 14, top: 46, bottom: 66 },
        xAxis: { type: "category", data: range(0, model.layers), ...along("Layer", 20, ink), ...bare },
        yAxis: {
          type: "category", inverse: true, data: series.map((one) => textOf(one).label), ...bare,
          axisLabel: { ...quiet(ink), width: 108, overflow: "truncate" },
        },
        graphic: [
          {
            type: "rect", left: 118, bottom: 6, shape: { width: 120, height: 10 },
            style: { fill: new echarts.graphic.LinearGradient(0, 0, 1, 0, stops) },
          },
          { type: "text", left: 246, bottom: 6, style: { text: ends, fill: ink.soft, fontSize: 11 } },
        ],
        series: [{ type: "custom", renderItem, data: [[0, 0]] }],
      };
    },
  },
  scatter: {
    panels(state) {
      const layers = { x: state.xlayers === "same" ? state.layers : state.xlayers, y: state.layers };
      const quantities = { x: QUANTITIES.get(state.x), y: QUANTITIES.get(state.metric) };
      const panels = shownSeries(state).map(({ model, series }) => {
        const both = (one) => ["x", "y"].map((axis) => [axis, over(quantities[axis], one, layers[axis])]);
        const read = series.map((one) => ({ series: one, ...Object.fromEntries(both(one)) }));
        const points = read.filter(({ x, y }) => Number.isFinite(x.value) && Number.isFinite(y.value));
        const [x, y] = ["x", "y"].map((axis) => points.map((point) => point[axis].value));
        const kept = points.map((point) => point.series);
        const without = series.filter((one) => !kept.includes(one));
        return {
          title: model.name, model, points, series: kept, without, quantities, layers,
          fit: fitLine(x, y), rho: spearman(x, y), reach: [x, y].map(extent),
        };
      }).filter(({ points }) => points.length);
      const common = [0, 1].map((axis) => extent(panels.flatMap(({ reach }) => reach[axis])));
      return state.axes === "same" ? panels.map((panel) => ({ ...panel, reach: common })) : panels;
    },
    points: ({ points }) => points.map(({ series, x, y }) => ({ series, x: x.value, y: y.value })),
    numbers: ({ quantities, layers, points }, series) =>
      ["y", "x"].map((axis) => [nameOf(quantities[axis], layers[axis]), points.find((one) => one.series === series)[axis]]),
    option({ title, points, fit, rho, reach, quantities, layers }, state, ink, box) {
      const n = points.length;
      const said = (name, value, ranked) => `${name} = ${fixed(value)} ${fixedInterval(interval(value, n, ranked))}`;
      const about = Number.isFinite(fit.r) ? `${said("r", fit.r, false)}, ${said("ρ", rho, true)}, n = ${n}` : `n = ${n}`;
      const grid = { left: 60, right: 16, top: 54, bottom: 42 };
      const [x, y] = reach.map((one) => valueAxis(axisOf(one), ink));
      const bars = points.filter(({ series }) => showsInterval(series, state));
      const bar = ({ dataIndex }, api) => {
        const { series, x, y } = bars[dataIndex];
        const ends = [[[x.low, y.value], [x.high, y.value]], [[x.value, y.low], [x.value, y.high]]];
        const lines = ends.filter((line) => line.flat().every(Number.isFinite)).map((line) => line.map(api.coord));
        const style = { stroke: lookOf(series, state, ink).colour, fill: "none", opacity: 0.5 };
        return { type: "group", children: lines.map((points) => ({ type: "polyline", shape: { points }, style })) };
      };
      const stands = (one) => isMarked(one, state) || isReference(one);
      const data = symbols(VIEWS.scatter.points({ points }), grid, [x, y], box, state, ink, stands);
      const ends = Number.isFinite(fit.r) ? extent(points.map(({ x }) => x.value)) : [];
      const line = ends.map((value) => [value, fit.intercept + fit.slope * value]);
      return {
        ...base(title, about, ink), grid,
        xAxis: { ...x, ...along(nameOf(quantities.x, layers.x), 24, ink), axisLabel: x.axisLabel },
        yAxis: { ...y, ...named(nameOf(quantities.y, layers.y), 42, ink) },
        series: [
          { type: "scatter", data },
          { type: "custom", silent: true, clip: true, renderItem: bar, data: bars.map(({ x, y }) => [x.value, y.value]) },
          { type: "line", silent: true, symbol: "none", data: line, lineStyle: { color: ink.soft, type: "dashed", width: 1.4 } },
        ],
      };
    },
  },
  map: {
    panels: (state) => shownSeries(state).flatMap(({ model, series }) => {
      const map = mapOf(model, state);
      const place = (one) => map?.texts.indexOf(SERIES.text[one]) ?? -1;
      const [kept, without] = [true, false].map((there) => series.filter((one) => place(one) >= 0 === there));
      const points = kept.map((one) => ({ series: one, x: map.x[place(one)], y: map.y[place(one)] }));
      // The nearest of a text, from the nearest on, with their numbers.
      const near = (name) => new Map((map.near[map.texts.findIndex((one) => TEXTS[one].text === name)] ?? [])
        .map(([one, value, low, high]) => [TEXTS[one].text, { value, low: low ?? NaN, high: high ?? NaN, n: map.n }]));
      const drawn = state.axes === "same" ? state.models.flatMap((name) => FACTS.maps[name]?.[state.corpus] ?? []) : [map];
      const reach = ["x", "y"].map((axis) => extent(drawn.flatMap((one) => one?.[axis] ?? [])));
      return points.length ? [{ title: `${model.name}, layer ${map.layer}`, model, map, points, near, reach, series: kept, without }] : [];
    }),
    height: () => Math.min(panels.length > 1 ? 380 : 560, byId("stage").clientWidth),
    points: ({ points }) => points,
    numbers: ({ near }, series) =>
      [...near(textOf(series).text)].slice(0, LINES).map(([other, numbers]) => [`CKA with ${labelOf(other)}`, { ...numbers, n: -1 }]),
    option({ title, map, points, near, reach }, state, ink, box) {
      const grid = { left: 46, right: 16, top: 54, bottom: 42 };
      const sizes = [box.clientWidth - grid.left - grid.right, box.clientHeight - grid.top - grid.bottom];
      // As many radians a pixel across as up.
      const unit = 1.12 * Math.max(...reach.map(([low, high], axis) => (high - low) / sizes[axis])) || 0.001;
      const [x, y] = reach.map(([low, high], axis) => {
        const [middle, half] = [(low + high) / 2, (unit * sizes[axis]) / 2];
        const { axisLabel, ...rest } = valueAxis({ type: "value", min: middle - half, max: middle + half, splitNumber: 4 }, ink);
        return { ...rest, axisLabel: { ...axisLabel, showMinLabel: false, showMaxLabel: false } };
      });
      const places = new Map(points.map((point) => [textOf(point.series).text, point]));
      const lines = points.filter(({ series }) => isMarked(series, state)).flatMap((from) =>
        [...near(textOf(from.series).text).keys()].slice(0, LINES).filter((name) => places.has(name))
          .map((name) => ({ from, to: places.get(name) })));
      const kin = new Set(lines.map(({ to }) => to.series));
      const stands = (one) => isMarked(one, state) || isReference(one) || kin.has(one);
      return {
        ...base(title, `stress ${fixed(map.stress)}, ${map.n.toLocaleString("en")} sentences`, ink), grid,
        xAxis: { ...x, ...named("Angle (radians)", 24, ink) }, yAxis: y,
        series: [
          { type: "scatter", data: symbols(points, grid, [x, y], box, state, ink, stands) },
          {
            type: "lines", coordinateSystem: "cartesian2d", silent: true, data: lines.map(({ from, to }) => ({
              coords: [[from.x, from.y], [to.x, to.y]],
              lineStyle: { color: lookOf(from.series, state, ink).colour, width: 1.2, opacity: 0.5 },
            })),
          },
        ],
      };
    },
  },
};
