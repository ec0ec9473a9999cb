// A point a text, of any two quantities, a panel a model, each with its line of least squares.

/** Least squares of y on x: slope, intercept, Pearson's r with its 95 % interval (Fisher's z), n. */
function fitLine(points) {
  const n = points.length;
  const [mx, my] = [d3.mean(points, (point) => point.x.value), d3.mean(points, (point) => point.y.value)];
  let [sxx, syy, sxy] = [0, 0, 0];
  for (const { x, y } of points) {
    sxx += (x.value - mx) ** 2;
    syy += (y.value - my) ** 2;
    sxy += (x.value - mx) * (y.value - my);
  }
  const r = n > 2 && sxx > 0 && syy > 0 ? Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy))) : NaN;
  const half = n > 3 ? 1.959964 / Math.sqrt(n - 3) : NaN;
  const slope = sxy / sxx;
  return { n, r, slope, intercept: my - slope * mx, low: Math.tanh(Math.atanh(r) - half), high: Math.tanh(Math.atanh(r) + half) };
}

const whichLayer = (quantity, layer) =>
  !quantity.layers ? "" : layer === "median" ? ", median of layers 1 and up" : layer === "last" ? ", last layer" : `, layer ${layer}`;

function composeScatter(state) {
  const [qx, qy] = [QUANTITIES.get(state.x), QUANTITIES.get(state.y)];
  const marked = new Set(state.marked);
  const stands = (point) => marked.has(textOf(point.series).text);
  // A model without a quantity, as an encoder without bits per character, has no panel.
  const panels = shownSeries(state).map(({ model, series }) => {
    const points = series
      .map((one) => ({ series: one, x: readAt(qx, one, state.xlayer), y: readAt(qy, one, state.ylayer) }))
      .filter(({ x, y }) => Number.isFinite(x.value) && Number.isFinite(y.value));
    const fit = fitLine(points);
    const interval = Number.isFinite(fit.low) ? ` [${shown(+fit.low.toFixed(2))}, ${shown(+fit.high.toFixed(2))}]` : "";
    const note = Number.isFinite(fit.r)
      ? `r = ${shown(+fit.r.toFixed(3))}${interval}, n = ${fit.n}, slope ${shown(fit.slope)}`
      : `n = ${fit.n}`;
    const bySeries = new Map(points.map((point) => [point.series, point]));
    const pairs = scriptPairs(points.map((point) => point.series)).map((pair) => pair.map((one) => bySeries.get(one)));
    return { title: model.name, points, series: points.map((point) => point.series), fit, note, pairs };
  }).filter(({ points }) => points.length);
  const all = panels.flatMap((panel) => panel.points);
  const bars = (point) => state.intervals === "all" || (state.intervals === "marked" && stands(point));
  const reach = (points, axis) =>
    domainOf(points.flatMap((point) => (bars(point) ? ["value", "low", "high"] : ["value"]).map((part) => point[axis][part])), false);
  for (const panel of panels) {
    const points = state.scatter_axes === "same" ? all : panel.points;
    panel.domains = [reach(points, "x"), reach(points, "y")];
  }
  const few = (panel) => panel.points.length <= FEW;
  const named = (panel) => panel.points.filter((point) => few(panel) || stands(point));

  function line(surface, from, to) {
    surface.beginPath();
    surface.moveTo(...from);
    surface.lineTo(...to);
    surface.stroke();
  }

  function drawPoint(surface, point, box, strong) {
    const look = lookOf(point.series, state);
    const [x, y] = [box.sx(point.x.value), box.sy(point.y.value)];
    surface.globalAlpha = strong ? 1 : 0.85;
    surface.strokeStyle = surface.fillStyle = look.colour;
    surface.setLineDash([]);
    if (state.intervals !== "none" && (bars(point) || strong)) {
      surface.lineWidth = 1;
      surface.globalAlpha = strong ? 0.9 : 0.4;
      if (Number.isFinite(point.x.low)) line(surface, [box.sx(point.x.low), y], [box.sx(point.x.high), y]);
      if (Number.isFinite(point.y.low)) line(surface, [x, box.sy(point.y.low)], [x, box.sy(point.y.high)]);
      surface.globalAlpha = strong ? 1 : 0.85;
    }
    surface.beginPath();
    addMarker(surface, look.marker, x, y, strong ? 6.5 : 4.2);
    surface.fill();
  }

  function drawJoin(surface, pairs, box, alpha) {
    surface.strokeStyle = INK.join;
    surface.globalAlpha = alpha;
    surface.lineWidth = 1.4;
    surface.setLineDash([]);
    for (const pair of pairs) line(surface, ...pair.map((point) => [box.sx(point.x.value), box.sy(point.y.value)]));
  }

  function drawPanel(surface, panel, box) {
    surface.beginPath();
    surface.rect(box.left - 7, box.top - 7, box.width + 14, box.height + 14);
    clipped(surface, () => {
      if (Number.isFinite(panel.fit.r)) {
        const [from, to] = d3.extent(panel.points, (point) => point.x.value);
        const at = (x) => [box.sx(x), box.sy(panel.fit.intercept + panel.fit.slope * x)];
        surface.strokeStyle = INK.soft;
        surface.globalAlpha = 0.8;
        surface.lineWidth = 1.6;
        surface.setLineDash([6, 4]);
        line(surface, at(from), at(to));
        surface.setLineDash([]);
      }
      if (state.joined === "yes") drawJoin(surface, panel.pairs, box, 0.6);
      panel.points.filter((point) => !stands(point)).forEach((point) => drawPoint(surface, point, box, false));
      panel.points.filter(stands).forEach((point) => drawPoint(surface, point, box, true));
    });
    drawPointNames(surface, named(panel), box);
  }

  function drawPointNames(surface, points, box) {
    surface.textBaseline = "middle";
    for (const point of points) {
      const [x, y] = [box.sx(point.x.value), box.sy(point.y.value)];
      const onLeft = x > box.left + box.width * 0.7;
      surface.globalAlpha = 1;
      surface.textAlign = onLeft ? "right" : "left";
      surface.fillStyle = lookOf(point.series, state).colour;
      surface.font = fontOf(11.5, stands(point) ? 600 : 400);
      surface.fillText(textOf(point.series).label, x + (onLeft ? -10 : 10), y);
    }
  }

  function drawOver(surface, layout, { text }) {
    panels.forEach((panel, number) => {
      const box = layout.boxes[number];
      const found = panel.points.find((point) => textOf(point.series).text === text);
      if (!found) return;
      const pairs = panel.pairs.filter((pair) => pair.includes(found));
      drawJoin(surface, pairs, box, 0.9);
      for (const point of new Set([...pairs.flat(), found])) {
        surface.globalAlpha = 1;
        surface.fillStyle = "#ffffff";
        surface.beginPath();
        surface.arc(box.sx(point.x.value), box.sy(point.y.value), 9, 0, 2 * Math.PI);
        surface.fill();
        drawPoint(surface, point, box, true);
      }
    });
  }

  function find(layout, number, x, y) {
    const box = layout.boxes[number];
    const near = d3.least(panels[number].points, (point) => Math.hypot(box.sx(point.x.value) - x, box.sy(point.y.value) - y));
    return near === undefined ? null : { panel: number, text: textOf(near.series).text };
  }

  function step(pointer, key) {
    const order = d3.sort(panels[pointer.panel].points, (point) => point[key === "ArrowUp" || key === "ArrowDown" ? "y" : "x"].value);
    const now = order.findIndex((point) => textOf(point.series).text === pointer.text);
    const place = { Home: 0, End: order.length - 1, ArrowRight: now + 1, ArrowUp: now + 1 }[key] ?? now - 1;
    return { ...pointer, text: textOf(order[Math.max(0, Math.min(order.length - 1, place))].series).text };
  }

  const pointOf = ({ panel, text }) => panels[panel].points.find((point) => textOf(point.series).text === text);

  function describe(pointer) {
    const found = pointOf(pointer);
    const pair = panels[pointer.panel].pairs.filter((two) => two.includes(found)).flat().filter((point) => point !== found);
    return {
      title: panels[pointer.panel].title,
      where: "",
      rows: [found, ...pair].flatMap((point) => [
        { series: point.series, name: qx.name, ...point.x },
        { series: point.series, name: qy.name, ...point.y },
      ]),
    };
  }

  return {
    panels, describe, drawPanel, drawOver, find, step,
    names: [],
    quantities: [qx, qy],
    lined: false,
    noteHeight: 16,
    footnote: "",
    left: 52,
    legend: legendOf(all.map((point) => point.series), state),
    xLabel: qx.name + whichLayer(qx, state.xlayer),
    yLabel: qy.name + whichLayer(qy, state.ylayer),
    xScale: ({ domains }) => d3.scaleLinear().domain(domains[0]).nice(),
    yScale: ({ domains }) => d3.scaleLinear().domain(domains[1]).nice(),
    xTicks: (box) => box.sx.ticks(Math.max(2, box.width / 75)),
    yTicks: (box) => box.sy.ticks(box.height / 50),
    xFormat: tickNumber,
    yFormat: tickNumber,
    first: () => panels.length && { panel: 0, text: textOf(panels[0].points[0].series).text },
    place: (layout, pointer) => {
      const point = pointOf(pointer);
      return [layout.boxes[pointer.panel].sx(point.x.value), layout.boxes[pointer.panel].sy(point.y.value)];
    },
  };
}
