// The operators' page: asks the node once a second how it is and shows what happened since.
// The secret is held by this tab alone (sessionStorage) and leaves it only in a header of requests to this server.

import { Board } from "./board.js";
import { History } from "./history.js";
import { span } from "./words.js";

const EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;
const LONGEST_WAIT_MS = 30_000;
const KEPT_AS = "recado-admin";

const at = (testid) => document.querySelector(`[data-testid="${testid}"]`);
const [gate, secret, wrong, enter] = ["gate", "secret", "wrong", "enter"].map(at);
const [state, leave, again] = ["state", "leave", "again"].map(at);

const history = new History();
const board = new Board(history, at("board"), at("cards"), at("lists"));

/** Answers of the node that no patience changes. */
class Refused extends Error {}

/** A token goes where tokens go, anything else is a secret. */
function credentials(text) {
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return { Authorization: `Bearer ${text}` };
  return { "X-Internal-Secret": text };
}

async function look(text, signal) {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) throw new Refused("A secret has letters, digits and signs of ASCII only.");
  const answer = await fetch("figures", {
    headers: credentials(text),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  if (answer.status === 401) throw new Refused("That is neither the internal secret nor a valid token with the admin role.");
  if (answer.status === 429) {
    const seconds = Number(answer.headers.get("Retry-After")) || 60;
    throw new Refused(`Too many wrong attempts from here. Try again in ${span(seconds)}.`);
  }
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return answer.json();
}

/** Watches until it is told to stop or the node refuses. */
class Watch {
  #end = new AbortController();
  #failures = 0;
  #timer;
  #retryAt = null;

  constructor(text, onRefused) {
    this.text = text;
    this.onRefused = onRefused;
  }

  async ask() {
    clearTimeout(this.#timer);
    const { signal } = this.#end;
    try {
      const seen = await look(this.text, signal);
      if (signal.aborted) return;
      this.#failures = 0;
      this.#retryAt = null;
      history.add(seen, Date.now());
      tell(seen);
      this.#timer = setTimeout(() => this.ask(), EVERY_MS);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) return this.onRefused(error.message);
      this.#failures += 1;
      const wait = Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** (this.#failures - 1)) * (0.8 + 0.4 * Math.random());
      this.#retryAt = Date.now() + wait;
      this.#countDown();
    }
  }

  #countDown() {
    const left = this.#retryAt - Date.now();
    if (left <= 0) return this.ask();
    board.stale(`The server does not answer. Trying again in ${Math.ceil(left / 1000)} s.`);
    again.hidden = false;
    show("lost", "No answer");
    this.#timer = setTimeout(() => this.#countDown(), Math.min(left, 1_000));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#end.abort();
  }
}

let watch = null;

function show(name, text) {
  state.hidden = false;
  state.dataset.state = name;
  const shown = state.querySelector(".state-text");
  // Written only when it changes, because it is read out.
  if (shown.textContent !== text) shown.textContent = text;
}

function tell(seen) {
  const name = seen.draining ? "draining" : seen.unready.length > 0 ? "unready" : "ready";
  show(name, { draining: "Draining", unready: "Not ready", ready: "Ready" }[name]);
  at("node").textContent = seen.node;
  at("about").textContent = `version ${seen.version} · up ${span(seen.uptime)}`;
  document.title = `${name === "ready" ? "" : "⚠ "}${seen.node} · Recado`;
  again.hidden = true;
  board.show(seen);
}

function openGate(message) {
  watch?.stop();
  watch = null;
  sessionStorage.removeItem(KEPT_AS);
  history.clear();
  board.close();
  state.hidden = true;
  leave.hidden = true;
  gate.hidden = false;
  at("node").textContent = "This node";
  at("about").textContent = "";
  document.title = "Recado, this node";
  wrong.textContent = message;
  secret.value = "";
  secret.focus();
}

function openBoard(text) {
  gate.hidden = true;
  leave.hidden = false;
  board.open();
  show("opening", "Connecting…");
  watch = new Watch(text, openGate);
  watch.ask();
}

gate.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = secret.value.trim();
  if (text === "" || enter.disabled) return;
  enter.disabled = true;
  wrong.textContent = "";
  try {
    await look(text, new AbortController().signal);
    secret.value = "";
    sessionStorage.setItem(KEPT_AS, text);
    openBoard(text);
  } catch (error) {
    wrong.textContent = error instanceof Refused ? error.message : "The server does not answer. Try again in a moment.";
    secret.select();
  } finally {
    enter.disabled = false;
  }
});

leave.addEventListener("click", () => openGate(""));
again.addEventListener("click", () => watch?.ask());

const kept = sessionStorage.getItem(KEPT_AS);
if (kept) openBoard(kept);
else openGate("");
