// A small chart: one or two lines over the last minutes, in an SVG that stretches with its card.

import { WINDOW_MS } from "./history.js";

const WIDTH = 300;
const HEIGHT = 80;
const SHORTEST_MS = 60_000;
const SVG = "http://www.w3.org/2000/svg";

export class Chart {
  #paths;

  /** `values` take a point to a number, or to null where there is none; `least` is the smallest top of the scale, `round` makes one. */
  constructor(svg, { values, least, round = niceTop }) {
    Object.assign(this, { svg, values, least, round });
    const names = ["grid", "area", ...(values.length > 1 ? ["line second"] : []), "line first", "cursor"];
    this.#paths = Object.fromEntries(names.map((name) => [name, path(svg, name)]));
  }

  /** Draws the points; gives the top of the scale and how many milliseconds it is wide. */
  draw(points, cursor) {
    const { from, until } = span(points);
    const x = (at) => ((at - from) / (until - from)) * WIDTH;
    const top = this.round(Math.max(this.least, ...points.flatMap((point) => this.values.map((value) => value(point) ?? 0))));
    const y = (value) => HEIGHT - (value / top) * (HEIGHT - 4);
    const lines = this.values.map((value) => runs(points, value).map((run) => run.map(([at, v]) => [x(at), y(v)])));
    this.#paths.grid.setAttribute("d", `M0 ${y(top)}H${WIDTH}M0 ${y(top / 2)}H${WIDTH}`);
    this.#paths["line first"].setAttribute("d", lines[0].map(line).join(""));
    this.#paths.area.setAttribute("d", lines[0].map(area).join(""));
    this.#paths["line second"]?.setAttribute("d", (lines[1] ?? []).map(line).join(""));
    this.#paths.cursor.setAttribute("d", cursor === null ? "" : `M${x(cursor)} 0V${HEIGHT}`);
    return { top, wide: until - from };
  }

  /** The moment below a pointer. */
  momentAt(clientX, points) {
    const box = this.svg.getBoundingClientRect();
    const { from, until } = span(points);
    return from + ((clientX - box.left) / box.width) * (until - from);
  }
}

function path(svg, name) {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("class", name);
  svg.append(made);
  return made;
}

/** A page just opened shows its one minute wide, not a corner of five. */
function span(points) {
  const until = points.at(-1).at;
  const length = Math.min(WINDOW_MS, Math.max(SHORTEST_MS, until - points[0].at));
  return { from: until - length, until };
}

/** Where there is no value, or no look for a while, the line has a gap. */
function runs(points, value) {
  const found = [];
  let last = null;
  for (const point of points) {
    const v = value(point);
    if (v === null) {
      last = null;
      continue;
    }
    if (last === null || point.at - last > 6_000) found.push([]);
    found.at(-1).push([point.at, v]);
    last = point.at;
  }
  return found;
}

const spot = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const line = (run) => `M${run.map(spot).join("L")}${run.length === 1 ? "h.1" : ""}`;
const area = (run) => `M${run[0][0].toFixed(1)} ${HEIGHT}L${run.map(spot).join("L")}V${HEIGHT}Z`;

/** The next round number: 1, 2 or 5 times a power of ten. */
export function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

/** The same in KiB, MiB and so on. */
export function niceBytes(value) {
  const power = 1024 ** Math.floor(Math.log2(value) / 10);
  return niceTop(value / power) * power;
}
