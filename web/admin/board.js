// The board: cards with a number and a chart, and tables of what is counted by name.

import { Chart, niceBytes } from "./chart.js";
import { NOTHING, bytes, clock, count, rate, span, time } from "./words.js";

const together = ([value, unit]) => (unit ? `${value} ${unit}` : value);
const percent = (value) => (value === null ? NOTHING : value.toFixed(value < 9.95 ? 1 : 0));

/** Each: what the number is, how it is read, the lines of its chart, and what stands beside it. */
const CARDS = [
  {
    name: "connections",
    title: "Connections",
    headline: (point) => [count(point.clients), point.clients === 1 ? "client" : "clients"],
    values: [(point) => point.clients],
    least: 5,
    scale: count,
    side: ({ look }) => `${count(look.connections.sockets)} of ${count(look.connections.limit)} sockets`,
    legend: ({ look }) => [["", "rooms", count(look.rooms)], ...look.connections.byDoor.filter((way) => way.count > 0).map((way) => ["", `${way.door}, ${way.transport}`, count(way.count)])],
  },
  {
    name: "messages",
    title: "Messages a second",
    headline: (point) => [rate(point.accepted), "/s"],
    values: [(point) => point.accepted],
    least: 2,
    scale: rate,
    side: () => "",
    legend: ({ look }) => [["", "stored in all", count(look.accepted)], ["", "repeats", count(look.duplicates)]],
  },
  latency("ack", "Acknowledged in", "from a client's post to its being durable"),
  latency("delivery", "Delivered in", "from durable to written to the sockets"),
  {
    name: "deliveries",
    title: "Deliveries a second",
    headline: (point) => [rate(point.delivered), "/s"],
    values: [(point) => point.delivered],
    least: 2,
    scale: rate,
    side: () => "",
    legend: ({ look }) => [["", "in all", count(look.delivered)]],
  },
  {
    name: "slow",
    title: "Slow readers",
    headline: (point) => [count(point.slow), point.slow === 1 ? "client" : "clients"],
    values: [(point) => point.queued],
    least: 1024,
    round: niceBytes,
    scale: (value) => together(bytes(value)),
    side: ({ look }) => `largest queue ${together(bytes(look.queued.largest))}`,
    legend: (point) => [["first", "waiting for clients", together(bytes(point.queued))]],
  },
  {
    name: "cpu",
    title: "Processor",
    headline: (point) => [percent(point.cpu), "% of a core"],
    values: [(point) => point.cpu],
    least: 10,
    scale: (value) => `${percent(value)} %`,
    side: ({ look }) => `${look.process.cores} ${look.process.cores === 1 ? "core" : "cores"}`,
    legend: ({ look }) => [["", "used in all", span(look.process.cpuSeconds ?? 0)]],
  },
  {
    name: "memory",
    title: "Memory",
    headline: (point) => bytes(point.memory),
    values: [(point) => point.memory],
    least: 1024 ** 2,
    round: niceBytes,
    scale: (value) => together(bytes(value)),
    side: () => "",
    legend: ({ look }) => (look.process.memoryLimit ? [["", "of", together(bytes(look.process.memoryLimit))]] : []),
  },
];

function latency(name, title, meaning) {
  return {
    name,
    title,
    meaning,
    headline: (point) => time(point[name].most),
    values: [(point) => point[name].most, (point) => point[name].half],
    least: 1,
    scale: (value) => together(time(value)),
    side: () => "last 10 s",
    legend: (point) => [["first", "p99", together(time(point[name].most))], ["second", "p50", together(time(point[name].half))]],
  };
}

const LISTS = [
  { name: "parts", title: "Parts", head: [], rows: parts },
  { name: "refusals", title: "Refusals", head: ["code", "last min", "in all"], rows: (history) => grown(history, "refusals"), none: "Nobody was refused anything." },
  { name: "disconnects", title: "Goodbyes", head: ["why", "last min", "in all"], rows: (history) => grown(history, "disconnects", false), none: "Nobody was let go." },
  { name: "actors", title: "Actors", head: ["kind", "alive", "restarts"], rows: actors, side: ({ look }) => (look.panics > 0 ? `${count(look.panics)} panics` : "no panics") },
];

function grown(history, table, isTrouble = true) {
  return history.growth(table).map(([name, lately, all]) => [isTrouble && lately > 0 ? "fresh" : "", name, count(lately), count(all)]);
}

function actors(history) {
  const { actors, restarts } = history.latest.look;
  const lately = new Map(history.growth("restarts").map(([kind, times]) => [kind, times]));
  const kinds = Object.keys({ ...restarts, ...actors }).sort((one, other) => (restarts[other] ?? 0) - (restarts[one] ?? 0) || one.localeCompare(other));
  return kinds.map((kind) => [lately.get(kind) > 0 ? "fresh" : "", kind, count(actors[kind] ?? 0), restarts[kind] ? count(restarts[kind]) : NOTHING]);
}

function parts({ latest: { look } }) {
  const { store, bridge, process } = look;
  const files = process.maxFiles ? `${count(process.openFiles)} of ${count(process.maxFiles)}` : count(process.openFiles);
  return [
    [store.down ? "bad" : "good", `store, ${store.kind}`, store.down ? "refuses writes" : "writes"],
    [bridge.inUse ? (bridge.down ? "bad" : "good") : "", "bridge to others", way(bridge)],
    ["", "open files", files],
    [process.logLinesDropped > 0 ? "bad" : "", "log lines lost", count(process.logLinesDropped)],
  ];
}

function way({ inUse, down, probeMs, dropped }) {
  if (!inUse) return "none";
  const lost = dropped > 0 ? `, ${count(dropped)} dropped` : "";
  return down ? `down: ${down}${lost}` : `up, ${probeMs} ms${lost}`;
}

export class Board {
  #cards;
  #lists;
  #cursor = null;

  constructor(history, root, cards, lists) {
    Object.assign(this, { history, root });
    this.trouble = root.querySelector(".trouble");
    this.#cards = CARDS.map((plan) => this.#card(plan, cards));
    this.#lists = LISTS.map((plan) => list(plan, lists));
  }

  open() {
    this.root.hidden = false;
    this.stale("");
  }

  close() {
    this.root.hidden = true;
  }

  /** What is shown is old; says why, if there is something to say. */
  stale(text) {
    this.root.classList.add("stale");
    this.#say(text);
  }

  show(look) {
    this.root.classList.remove("stale");
    const { restartedAt } = this.history;
    const restarted = restartedAt ? `This node was started anew at ${clock(restartedAt)}; what is shown began then.` : "";
    this.#say(look.unready.length > 0 ? `Not ready: ${look.unready.join("; ")}.` : restarted);
    this.#draw();
    for (const { plan, at } of this.#lists) fill(plan, at, this.history);
  }

  #say(text) {
    this.trouble.hidden = text === "";
    const line = this.trouble.querySelector("p");
    if (line.textContent !== text) line.textContent = text;
  }

  #draw() {
    const { points } = this.history;
    if (points.length === 0) return;
    const point = this.history.at(this.#cursor);
    for (const card of this.#cards) drawn(card, points, point, this.#cursor === null ? null : point.at);
  }

  #card(plan, home) {
    const at = stamped("card", plan, home);
    const chart = new Chart(at("svg"), plan);
    // Not the drawing itself, which is only where something is drawn.
    const plot = at(".plot");
    plot.addEventListener("pointermove", (event) => {
      if (this.history.points.length === 0) return;
      this.#cursor = chart.momentAt(event.clientX, this.history.points);
      this.#draw();
    });
    plot.addEventListener("pointerleave", () => {
      this.#cursor = null;
      this.#draw();
    });
    return { plan, at, chart };
  }
}

function stamped(template, plan, home) {
  const made = document.getElementById(template).content.cloneNode(true).firstElementChild;
  made.dataset.testid = `${template}-${plan.name}`;
  home.append(made);
  const at = (selector) => made.querySelector(selector);
  at("h2").textContent = plan.title;
  if (plan.meaning) at("h2").title = plan.meaning;
  return at;
}

function drawn({ plan, at, chart }, points, point, cursor) {
  const [value, unit] = plan.headline(point);
  at(".value").textContent = value;
  at(".unit").textContent = unit;
  at(".side").textContent = cursor === null ? plan.side(point) : clock(point.at);
  const { top, wide } = chart.draw(points, cursor);
  at(".top").textContent = plan.scale(top);
  at(".wide").textContent = span(wide / 1000);
  at(".legend").replaceChildren(...plan.legend(point).map(legend));
  const seconds = (points.at(-1).at - points[0].at) / 1000;
  at("svg").setAttribute("aria-label", `${plan.title} over the last ${span(seconds)}, now ${together([value, unit])}`);
}

function legend([hue, name, value]) {
  const item = document.createElement("li");
  item.className = hue;
  const bold = document.createElement("b");
  bold.textContent = value;
  item.append(`${name} `, bold);
  return item;
}

function list(plan, home) {
  const at = stamped("list", plan, home);
  if (plan.head.length > 0) at("thead").append(row("th", ["", ...plan.head]));
  return { plan, at };
}

function fill(plan, at, history) {
  const rows = plan.rows(history);
  at("tbody").replaceChildren(...rows.map((cells) => row("td", cells)));
  at("table").hidden = rows.length === 0;
  at(".none").textContent = rows.length === 0 ? plan.none : "";
  at(".side").textContent = plan.side?.(history.latest) ?? "";
}

function row(cell, [name, ...texts]) {
  const made = document.createElement("tr");
  made.className = name;
  for (const text of texts) {
    const one = document.createElement(cell);
    one.textContent = text;
    made.append(one);
  }
  return made;
}
