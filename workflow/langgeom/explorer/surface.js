// Two surfaces that one drawing is made on: a canvas for the screen, and SVG for export, which knows the same calls.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const fontOf = (size, weight = 400) => `${weight} ${size}px ${FONT}`;
const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

/** As much of CanvasRenderingContext2D as the drawings here call, written as SVG elements. */
class SvgSurface {
  #measure = document.createElement("canvas").getContext("2d");
  #parts = [];
  #path = d3.path();
  #dash = [];
  #clips = 0;
  strokeStyle = "#000";
  fillStyle = "#000";
  lineWidth = 1;
  globalAlpha = 1;
  font = fontOf(12);
  textAlign = "left";
  textBaseline = "alphabetic";

  beginPath() { this.#path = d3.path(); }
  moveTo(x, y) { this.#path.moveTo(x, y); }
  lineTo(x, y) { this.#path.lineTo(x, y); }
  closePath() { this.#path.closePath(); }
  arc(...all) { this.#path.arc(...all); }
  rect(...all) { this.#path.rect(...all); }
  setLineDash(dash) { this.#dash = dash; }
  measureText(text) { this.#measure.font = this.font; return this.#measure.measureText(text); }

  #data() { return String(this.#path).replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))); }
  #element(paint) {
    const data = this.#data();
    if (data) this.#parts.push(`<path d="${data}" ${paint} opacity="${this.globalAlpha}"/>`);
  }
  stroke() {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(" ")}"` : "";
    this.#element(`fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="round"${dash}`);
  }
  fill() { this.#element(`fill="${this.fillStyle}"`); }
  clipped(draw) {
    const id = `clip-${this.#clips++}`;
    this.#parts.push(`<clipPath id="${id}"><path d="${this.#data()}"/></clipPath><g clip-path="url(#${id})">`);
    draw();
    this.#parts.push("</g>");
  }
  fillText(text, x, y) {
    const [, weight, size] = /^(\d+) ([\d.]+)px/.exec(this.font);
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const down = { alphabetic: 0, middle: 0.35 * size, top: 0.8 * size }[this.textBaseline];
    // Right-to-left text would otherwise grow from its anchor to the other side.
    this.#parts.push(
      `<text x="${x.toFixed(2)}" y="${(y + down).toFixed(2)}" font-size="${size}" font-weight="${weight}" ` +
        `text-anchor="${anchor}" direction="ltr" fill="${this.fillStyle}" opacity="${this.globalAlpha}">${escaped(text)}</text>`,
    );
  }
  toString(width, height, title) {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="${escaped(FONT)}" role="img"><title>${escaped(title)}</title>` +
      `<rect width="100%" height="100%" fill="#fff"/>${this.#parts.join("\n")}</svg>\n`
    );
  }
}

/** Draw within the current path only, on either surface. */
function clipped(surface, draw) {
  if (surface.clipped) return surface.clipped(draw);
  surface.save();
  surface.clip();
  draw();
  return surface.restore();
}

// Markers by matplotlib's names, as corners within a unit circle.
const turned = (corners, quarter) => corners.map(([x, y]) => [[x, y], [-y, x], [-x, -y], [y, -x]][quarter]);
const TRIANGLE = [[0, -1.1], [1, 0.7], [-1, 0.7]];
const PLUS = [[-0.38, -1.1], [0.38, -1.1], [0.38, -0.38], [1.1, -0.38], [1.1, 0.38], [0.38, 0.38], [0.38, 1.1], [-0.38, 1.1],
  [-0.38, 0.38], [-1.1, 0.38], [-1.1, -0.38], [-0.38, -0.38]];
const CORNERS = {
  s: [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
  D: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]],
  "^": TRIANGLE,
  ">": turned(TRIANGLE, 1),
  v: turned(TRIANGLE, 2),
  "<": turned(TRIANGLE, 3),
  P: PLUS,
  X: PLUS.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]),
  p: Array.from({ length: 5 }, (_, corner) => [1.1 * Math.sin(corner * 1.2566), -1.1 * Math.cos(corner * 1.2566)]),
};

/** Add a marker to the current path. */
function addMarker(surface, marker, x, y, size) {
  const corners = CORNERS[marker];
  if (!corners) {
    surface.moveTo(x + size, y);
    surface.arc(x, y, size, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], corner) => surface[corner ? "lineTo" : "moveTo"](x + size * dx, y + size * dy));
  surface.closePath();
}
