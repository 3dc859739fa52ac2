// A live conversation: RecadoChat is a small reference client of the widget door, Side is what a person sees of it.
// Message text reaches the page through textContent only, and no token reaches the frames panel.

const LONGEST_DELAY_MS = 30_000;
const STABLE_AFTER_MS = 30_000;
const PING_EVERY_MS = 25_000;
const ANSWER_WITHIN_MS = 20_000;
const TYPING_EVERY_MS = 3_000;
const TYPING_IDLE_MS = 5_000;
const TYPING_FADES_MS = 7_000;
const DROPPED_FOR_MS = 5_000;
const READ_AFTER_MS = 600;
const PAGE = 30;
const FRAMES_KEPT = 20;

// Coming back with the same token would meet the same answer.
const FINAL_CODES = new Set([4001, 4002, 4003, 4403]);
const TOO_BIG = 1009;
// These carry a number but are answers, not entries of the room.
const ANSWERS = new Set(["connected", "sent", "reset"]);

/**
 * One person's connection to one chat. It promises its listener each message once and in order:
 * entries are counted by `seq`, a lost connection resumes with `since` and `epoch`, and an unacknowledged
 * message is sent again under the same `tempId`, which the server stores once.
 *
 * Events: state, message, gone, afresh, history, note, typing, presence, receipt, frame.
 */
export class RecadoChat extends EventTarget {
  messages = new Map(); // id → message, whatever the room has numbered and this page has loaded
  outbox = new Map(); // tempId → message, until the server says "sent"
  receipts = new Map(); // userId → { delivered, read }
  epoch = "";
  seq = 0;
  reconnects = 0;
  repeats = 0;
  state = { name: "connecting" };
  hasEarlier = false;

  #open; // makes a socket; the only thing that holds the token
  #socket;
  #attempt = 0;
  #wasOpen = false;
  #gapAfter = -1;
  #early = []; // own entries that came before the answer to what is in the outbox
  #heardOthers = 0;
  #told = { delivered: 0, read: 0 };
  #typingSince = 0;
  #fading = new Map();
  #timers = {};

  constructor({ address, token, chatId, userId, name, role }) {
    super();
    Object.assign(this, { chatId, userId, name, role });
    this.#open = () => new WebSocket(this.#url(address, token));
    this.#unpack();
  }

  connect() {
    clearTimeout(this.#timers.comeBack);
    this.#abandon();
    this.#enter({ name: "connecting" });
    const socket = this.#open();
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
    this.#expectAnswer();
  }

  /** Cuts the connection and stays away for a while, so that there is something to catch up with. */
  drop() {
    this.#abandon();
    this.#comeBack(DROPPED_FOR_MS);
  }

  post(content) {
    const message = { tempId: freshId(), content, role: this.role, mine: true, state: "sending", time: new Date().toISOString() };
    this.outbox.set(message.tempId, message);
    this.#pack();
    this.#tell("message", message);
    this.#transmit(message);
    this.#stopTyping();
  }

  retry(message) {
    message.state = "sending";
    this.#tell("message", message);
    this.#transmit(message);
  }

  discard(message) {
    this.outbox.delete(message.tempId);
    this.#pack();
    this.#tell("gone", message);
  }

  earlier() {
    const oldest = Math.min(...[...this.messages.values()].map(({ seq }) => seq));
    if (Number.isFinite(oldest)) this.#send({ type: "history", before: oldest, limit: PAGE });
  }

  keystroke(text) {
    if (text.trim() === "") return this.#stopTyping();
    clearTimeout(this.#timers.idle);
    this.#timers.idle = setTimeout(() => this.#stopTyping(), TYPING_IDLE_MS);
    if (Date.now() - this.#typingSince < TYPING_EVERY_MS) return;
    this.#typingSince = Date.now();
    this.#send({ type: "typing", isTyping: true });
  }

  /** The person has what was heard so far before their eyes. */
  seen() {
    this.#acknowledge("read");
  }

  /** How far an own message has come. */
  status(message) {
    if (message.state !== "sent") return message.state;
    const others = [...this.receipts].filter(([userId]) => userId !== this.userId).map(([, marks]) => marks);
    if (others.some(({ read }) => read >= message.seq)) return "read";
    return others.some(({ delivered }) => delivered >= message.seq) ? "delivered" : "sent";
  }

  // The connection

  #url(address, token) {
    const url = new URL(address);
    url.searchParams.set("token", token);
    url.searchParams.set("extras", "1");
    if (this.epoch === "") return url;
    url.searchParams.set("since", String(this.seq));
    url.searchParams.set("epoch", this.epoch);
    return url;
  }

  #enter(state) {
    this.state = state;
    this.#tell("state", state);
  }

  #lost(code, reason) {
    this.#abandon();
    if (FINAL_CODES.has(code)) return this.#enter({ name: "closed", reason: reason || `code ${code}` });
    // Sent again, a message that is too big would close every new connection too.
    if (code === TOO_BIG) this.outbox.forEach((message) => this.#fail(message, "message too big"));
    this.#comeBack(Math.random() * Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** this.#attempt));
    this.#attempt += 1;
  }

  #comeBack(delay) {
    clearTimeout(this.#timers.comeBack);
    this.#timers.comeBack = setTimeout(() => this.connect(), delay);
    this.#enter({ name: "waiting", until: Date.now() + delay });
  }

  // A dead network may keep a closing socket for a minute: nobody waits for its close event.
  #abandon() {
    for (const name of ["stable", "ping", "answer", "idle"]) clearTimeout(this.#timers[name]);
    this.#typingSince = 0;
    if (!this.#socket) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = undefined;
  }

  #send(frame) {
    if (this.state.name !== "open") return;
    this.#socket.send(JSON.stringify(frame));
    this.#tell("frame", { way: "out", frame });
  }

  #ping() {
    this.#timers.ping = setTimeout(() => {
      this.#send({ type: "ping" });
      this.#expectAnswer();
      this.#ping();
    }, PING_EVERY_MS);
  }

  // Any frame is an answer; silence after a question means that the line is dead.
  #expectAnswer() {
    clearTimeout(this.#timers.answer);
    this.#timers.answer = setTimeout(() => this.#lost(1006, ""), ANSWER_WITHIN_MS);
  }

  #receive(frame) {
    clearTimeout(this.#timers.answer);
    this.#tell("frame", { way: "in", frame });
    const seq = ANSWERS.has(frame.type) ? undefined : frame.data?.seq;
    if (seq !== undefined && !this.#isNext(seq)) return;
    this.#handlers[frame.type]?.(frame);
  }

  #isNext(seq) {
    if (seq <= this.seq) {
      this.repeats += 1;
      return false;
    }
    // A hole is asked for once; a server that still leaves it open has nothing to put there.
    if (seq > this.seq + 1 && this.#gapAfter !== this.seq) {
      this.#gapAfter = this.seq;
      this.#lost(1006, "");
      return false;
    }
    this.seq = seq;
    return true;
  }

  #handlers = {
    connected: (frame) => this.#connected(frame),
    reset: ({ data }) => this.#afresh(data),
    history: ({ data }) => this.#history(data),
    sent: ({ tempId, data }) => this.#sent(tempId, data),
    message: ({ data }) => this.#hear(data),
    message_updated: ({ data }) => this.#amend(data.id, { content: data.content, updatedAt: data.updatedAt }),
    message_deleted: ({ data }) => this.#amend(data.id, { deleted: true }),
    agent_joined: ({ data }) => this.#note(`${data.agentName} joined`),
    chat_closed: () => this.#note("The chat was closed"),
    chat_reopened: () => this.#note("The chat was reopened"),
    typing: ({ data }) => this.#typing(data.userId, data.isTyping),
    presence: ({ data }) => this.#presence(data),
    receipt: ({ data }) => this.#receipt(data),
    error: (frame) => this.#refused(frame),
  };

  #connected({ epoch = "", seq = 0 }) {
    this.#told = { delivered: 0, read: 0 };
    if (this.#wasOpen) this.reconnects += 1;
    this.#wasOpen = true;
    const missed = seq - this.seq;
    this.#enter({ name: "open" });
    this.#timers.stable = setTimeout(() => (this.#attempt = 0), STABLE_AFTER_MS);
    this.#ping();
    if (this.epoch === "") this.#afresh({ epoch, seq });
    else if (this.epoch === epoch && missed > 0) this.#note(missed === 1 ? "Back. Caught up on one entry" : `Back. Caught up on ${missed} entries`);
    this.#acknowledge("delivered");
    this.outbox.forEach((message) => message.state === "sending" && this.#transmit(message));
  }

  // The numbers known so far mean nothing any more: what is on the page is replaced, what is unsent stays.
  #afresh({ epoch, seq }) {
    Object.assign(this, { epoch, seq });
    this.messages.clear();
    this.receipts.clear();
    this.#early = [];
    this.#heardOthers = 0;
    this.#told = { delivered: 0, read: 0 };
    this.#tell("afresh");
    this.#send({ type: "history", limit: PAGE });
  }

  #history({ epoch, messages, more }) {
    if (epoch !== this.epoch) return;
    this.hasEarlier = more;
    this.#tell("history", { filled: false });
    messages.forEach((entry) => this.#keep(entry));
    this.#tell("history", { filled: true });
  }

  // Messages

  #transmit(message) {
    if (this.state.name !== "open") return;
    const { content, role, tempId } = message;
    this.#send({ type: "message", content, role, tempId });
    this.#expectAnswer();
  }

  #sent(tempId, { id, seq }) {
    const message = this.outbox.get(tempId);
    if (!message) return;
    this.outbox.delete(tempId);
    this.#pack();
    // The room's own copy may have come first, during a catch-up.
    if (this.messages.has(id)) {
      this.#tell("gone", message);
    } else {
      this.messages.set(id, Object.assign(message, { id, seq, state: "sent" }));
      this.#tell("message", message);
    }
    this.#hearEarly();
  }

  // An own entry that is new here may be one whose "sent" is on its way: shown now, it would stand there twice.
  #hear(entry) {
    const awaited = [...this.outbox.values()].some(({ state }) => state === "sending");
    if (!awaited || entry.sender?.id !== this.userId || this.messages.has(entry.id)) return this.#keep(entry);
    this.#early.push(entry);
  }

  #hearEarly() {
    this.#early.splice(0).forEach((entry) => this.#hear(entry));
  }

  #keep(entry) {
    const { id, seq, content, role, sender, timestamp, updatedAt, deleted } = entry;
    const message = this.messages.get(id) ?? {};
    const mine = sender?.id === this.userId;
    Object.assign(message, { id, seq, content, role, sender, mine, updatedAt, deleted, time: timestamp, state: "sent" });
    this.messages.set(id, message);
    this.#tell("message", message);
    if (mine) return;
    this.#typing(sender?.id, false);
    this.#heardOthers = Math.max(this.#heardOthers, seq);
    this.#timers.delivered ??= setTimeout(() => {
      this.#timers.delivered = undefined;
      this.#acknowledge("delivered");
    }, 50);
  }

  #amend(id, change) {
    const message = this.messages.get(id);
    if (message) this.#tell("message", Object.assign(message, change));
  }

  #refused({ tempId, error, message: detail }) {
    const message = this.outbox.get(tempId);
    if (message) return this.#fail(message, detail ?? error);
    this.#note(`The server refused: ${detail ?? error}`);
  }

  #fail(message, error) {
    this.#tell("message", Object.assign(message, { state: "failed", error }));
    this.#hearEarly();
  }

  // A mark is cumulative, so the newest says it all; told again after a reconnect it changes nothing.
  #acknowledge(kind) {
    if (this.state.name !== "open" || this.#heardOthers <= this.#told[kind]) return;
    this.#told[kind] = this.#heardOthers;
    this.#send({ type: kind, seq: this.#heardOthers });
  }

  #receipt({ userId, delivered = 0, read = 0 }) {
    const known = this.receipts.get(userId) ?? { delivered: 0, read: 0 };
    this.receipts.set(userId, { delivered: Math.max(known.delivered, delivered), read: Math.max(known.read, read) });
    this.#tell("receipt");
  }

  // Signals

  #stopTyping() {
    clearTimeout(this.#timers.idle);
    if (this.#typingSince > 0) this.#send({ type: "typing", isTyping: false });
    this.#typingSince = 0;
  }

  // A "stopped" may get lost, so a sign of typing fades by itself.
  #typing(userId, isTyping) {
    if (userId === this.userId || (!isTyping && !this.#fading.has(userId))) return;
    clearTimeout(this.#fading.get(userId));
    this.#fading.delete(userId);
    if (isTyping) this.#fading.set(userId, setTimeout(() => this.#typing(userId, false), TYPING_FADES_MS));
    this.#tell("typing", { isTyping: this.#fading.size > 0 });
  }

  #presence({ userId, online }) {
    if (userId === this.userId) return;
    if (!online) this.#typing(userId, false);
    this.#tell("presence", { userId, online });
  }

  // The outbox outlives a reload of the page

  get #drawer() {
    return `recado:outbox:${this.chatId}:${this.userId}`;
  }

  #pack() {
    const unsent = [...this.outbox.values()].map(({ tempId, content, time }) => ({ tempId, content, time }));
    remember(this.#drawer, unsent.length > 0 ? JSON.stringify(unsent) : null);
  }

  #unpack() {
    for (const { tempId, content, time } of JSON.parse(recall(this.#drawer) ?? "[]")) {
      this.outbox.set(tempId, { tempId, content, time, role: this.role, mine: true, state: "sending" });
    }
  }

  #note(text) {
    this.#tell("note", { text });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** One person's half of the page: shows what a RecadoChat tells, and passes on what the person does. */
class Side {
  unread = 0;
  #rows = new Map(); // message → its element
  #frames = [];
  #pinned = true;
  #reading;
  #onScreen = false;
  #countdown;
  #busy = false;
  #below = 0;

  constructor(chat, { side, peer, link }) {
    this.chat = chat;
    this.side = side;
    this.peer = peer;
    this.root = document.querySelector("#side").content.firstElementChild.cloneNode(true);
    this.root.dataset.side = side;
    this.#label(link);
    this.#listen();
    this.#obey();
    chat.outbox.forEach((message) => this.#show(message));
    if (matchMedia("(min-width: 60rem) and (min-height: 40rem)").matches) this.#part(".hood").open = true;
  }

  #part(selector) {
    return this.root.querySelector(selector);
  }

  #of(testid) {
    return this.#part(`[data-testid="${testid}"]`);
  }

  #label(link) {
    const { name } = this.chat;
    this.root.setAttribute("aria-label", `${name}, the ${this.side}`);
    this.#part("h2").append(name, element("span", "role", `the ${this.side}`));
    this.#part(".presence-text").textContent = "not seen yet";
    this.#meet(this.peer);
    this.#part("label .visually-hidden").textContent = `Message from ${name}, the ${this.side}`;
    this.#of("composer").placeholder = `Write as ${name}`;
    this.#of("log").setAttribute("aria-label", `Messages as ${name} sees them`);
    if (!link) return;
    const alone = this.#part(".alone");
    alone.href = link;
    alone.hidden = false;
    alone.lastElementChild.textContent = `: ${name}, in a new tab`;
  }

  #meet(peer) {
    this.peer = peer;
    this.#part(".avatar").textContent = peer.name.slice(0, 1);
    this.#part(".peer").textContent = peer.name;
  }

  #listen() {
    const on = (name, act) => this.chat.addEventListener(name, ({ detail }) => act(detail));
    on("state", (state) => this.#state(state));
    on("message", (message) => this.#show(message));
    on("gone", (message) => this.#remove(message));
    on("afresh", () => this.#clear());
    on("history", ({ filled }) => this.#filling(!filled));
    on("note", ({ text }) => this.#place(element("p", "note", text), this.chat.seq + 0.5));
    on("typing", ({ isTyping }) => this.#typing(isTyping));
    on("presence", ({ online }) => this.#presence(online));
    on("receipt", () => this.#receipts());
    on("frame", (frame) => this.#frame(frame));
  }

  #obey() {
    const composer = this.#of("composer");
    const form = this.#part("form");
    composer.addEventListener("input", () => {
      this.chat.keystroke(composer.value);
      grow(composer);
    });
    composer.addEventListener("keydown", (event) => {
      // While an input method composes, Enter picks a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const content = composer.value.trim();
      composer.focus();
      if (content === "") return;
      composer.value = "";
      grow(composer);
      this.chat.post(content);
    });
    this.#of("drop").addEventListener("click", () => (this.chat.state.name === "open" ? this.chat.drop() : this.chat.connect()));
    this.#of("earlier").addEventListener("click", () => this.chat.hasEarlier && this.chat.earlier());
    this.#watchReading();
  }

  // Delivered is when it arrives, read is when it has stood before somebody's eyes for a moment.
  #watchReading() {
    const log = this.#of("log");
    log.addEventListener("scroll", () => (this.#pinned = log.scrollHeight - log.scrollTop - log.clientHeight < 60));
    new ResizeObserver(() => this.#stick()).observe(log);
    new IntersectionObserver((entries) => {
      this.#onScreen = entries.at(-1).isIntersecting;
      this.#stick();
      this.#read();
    }).observe(log);
    document.addEventListener("visibilitychange", () => this.#read());
  }

  #read() {
    clearTimeout(this.#reading);
    if (!this.#onScreen || document.visibilityState !== "visible") return;
    this.#count(0);
    this.#reading = setTimeout(() => this.chat.seen(), READ_AFTER_MS);
  }

  #count(unread) {
    this.unread = unread;
    this.root.dispatchEvent(new CustomEvent("unread"));
  }

  #state({ name, until, reason }) {
    clearInterval(this.#countdown);
    this.#of("state").dataset.state = name;
    this.root.dataset.state = name;
    const words = { connecting: "Connecting…", open: "Connected", waiting: "Reconnecting", closed: reason };
    this.#part(".state-text").textContent = words[name];
    const clock = this.#part(".countdown");
    const tick = () => (clock.textContent = ` in ${Math.max(1, Math.ceil((until - Date.now()) / 1_000))} s`);
    clock.textContent = "";
    if (name === "waiting") {
      tick();
      this.#countdown = setInterval(tick, 500);
    }
    // Whoever lost the line cannot know who is there.
    if (name !== "open") this.#typing(false);
    this.#of("drop").textContent = name === "open" ? "Drop the connection" : "Reconnect now";
    this.#figures();
    if (name === "open") this.#read();
  }

  #presence(online) {
    this.#of("presence").dataset.online = String(online);
    this.#part(".presence-text").textContent = online ? "online" : "offline";
  }

  #typing(isTyping) {
    this.#of("typing").dataset.typing = String(isTyping);
    this.#part(".typing-text").textContent = isTyping ? `${this.peer.name} is typing` : "";
  }

  // The log

  #show(message) {
    const known = this.#rows.get(message);
    const row = known ?? this.#row(message);
    this.#rows.set(message, row);
    row.dataset.seq = message.seq ?? "";
    row.querySelector(".text").textContent = message.deleted ? "This message was deleted" : message.content;
    row.classList.toggle("deleted", Boolean(message.deleted));
    row.querySelector("time").textContent = new Date(message.time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    row.querySelector(".edited").hidden = !message.updatedAt || Boolean(message.deleted);
    if (message.mine) this.#mark(message, row);
    if (message.state === "sending") this.#pinned = true;
    this.#place(row, message.seq ?? Infinity);
    this.#figures();
    if (message.mine || known) return;
    // A link with one token does not say who is on the other side.
    if (!this.peer.userId && message.sender?.name) this.#meet({ userId: message.sender.id, name: message.sender.name });
    if (!this.#onScreen && !this.#busy) this.#count(this.unread + 1);
    this.#presence(true);
    this.#read();
  }

  #row(message) {
    const row = element("article", message.mine ? "message mine" : "message theirs");
    row.dataset.testid = "message";
    row.dataset.author = message.role.toLowerCase() === "user" ? "visitor" : "agent";
    const meta = element("p", "meta");
    // The words are announced, the ticks under them are not.
    meta.setAttribute("aria-live", "off");
    meta.append(element("time"), element("span", "edited", "edited"));
    if (message.mine) meta.append(element("span", "status"));
    const author = message.mine ? "You" : (message.sender?.name ?? message.role);
    row.append(element("p", "author", author), element("p", "text"), meta);
    row.querySelector(".text").dataset.testid = "text";
    return row;
  }

  #mark(message, row = this.#rows.get(message)) {
    const status = row.querySelector(".status");
    const reached = this.chat.status(message);
    if (status.dataset.status === reached) return;
    status.dataset.testid = "status";
    status.dataset.status = reached;
    status.textContent = { sending: "sending…", failed: `not sent: ${message.error}` }[reached] ?? reached;
    row.querySelector(".again")?.remove();
    if (reached === "failed") row.append(this.#again(message));
    this.#stick();
  }

  #again(message) {
    const again = element("p", "again");
    const retry = element("button", "", "Try again");
    const discard = element("button", "", "Discard");
    retry.type = discard.type = "button";
    retry.addEventListener("click", () => this.chat.retry(message));
    discard.addEventListener("click", () => this.chat.discard(message));
    again.append(retry, discard);
    return again;
  }

  #place(row, order) {
    const log = this.#of("log");
    if (row.order === order) return;
    row.order = order;
    let before = log.lastElementChild;
    while (before && (before === row || (before.order ?? -1) > order)) before = before.previousElementSibling;
    // Moving a row that stands right would announce it again.
    if (row.parentNode && row.previousElementSibling === before) return;
    if (before) before.after(row);
    else log.prepend(row);
    this.#stick();
  }

  #stick() {
    const log = this.#of("log");
    if (this.#pinned && !this.#busy) log.scrollTop = log.scrollHeight;
  }

  // Older messages grow upward: the line being read must not jump.
  #filling(busy) {
    const log = this.#of("log");
    log.setAttribute("aria-busy", String(busy));
    if (busy) this.#below = log.scrollHeight - log.scrollTop;
    this.#busy = busy;
    if (!busy && !this.#pinned) log.scrollTop = log.scrollHeight - this.#below;
    this.#stick();
    const { hasEarlier } = this.chat;
    this.#of("earlier").textContent = hasEarlier ? "Load earlier" : "Nothing earlier";
    this.#of("earlier").setAttribute("aria-disabled", String(!hasEarlier));
  }

  #remove(message) {
    this.#rows.get(message)?.remove();
    this.#rows.delete(message);
    this.#figures();
  }

  #clear() {
    for (const [message, row] of this.#rows) {
      if (message.seq === undefined) continue;
      row.remove();
      this.#rows.delete(message);
    }
    this.root.querySelectorAll(".note").forEach((note) => note.remove());
    this.#pinned = true;
    this.#figures();
  }

  // Under the hood

  #figures() {
    const { epoch, seq, reconnects, repeats } = this.chat;
    this.#of("epoch").textContent = this.#of("epoch").title = epoch || "–";
    this.#of("seq").textContent = String(seq);
    this.#of("reconnects").textContent = String(reconnects);
    this.#of("repeats").textContent = String(repeats);
  }

  #receipts() {
    for (const [message, row] of this.#rows) if (message.mine) this.#mark(message, row);
    const lines = [...this.chat.receipts].map(([userId, { delivered, read }]) => {
      const who = userId === this.chat.userId ? this.chat.name : userId === this.peer.userId ? this.peer.name : userId;
      return element("span", "", `${who} ${delivered} delivered, ${read} read`);
    });
    this.#of("receipts").replaceChildren(...lines);
  }

  #frame({ way, frame }) {
    const { type, timestamp, ...rest } = frame;
    const text = JSON.stringify(rest, (key, value) => (key === "token" || key === "ticket" ? "…" : value));
    const row = element("li", way);
    row.append(element("span", "way", way), element("b", "", type), element("code", "", text.length > 140 ? `${text.slice(0, 140)}…` : text));
    this.#frames.push(row);
    if (this.#frames.length > FRAMES_KEPT) this.#frames.shift().remove();
    this.#of("frames").prepend(row);
    this.#figures();
  }
}

/** On a narrow screen one side shows at a time, and the other's tab counts what is unread. */
class Tabs {
  #narrow = matchMedia("(max-width: 47.99rem)");

  constructor(sides) {
    this.list = document.querySelector(".tabs");
    this.tabs = [...this.list.querySelectorAll("[role=tab]")];
    this.sides = sides;
    for (const [index, tab] of this.tabs.entries()) {
      const side = sides.find(({ root }) => root.dataset.side === tab.dataset.tab);
      side.root.id = `side-${tab.dataset.tab}`;
      tab.setAttribute("aria-controls", side.root.id);
      tab.addEventListener("click", () => this.show(tab));
      tab.addEventListener("keydown", (event) => this.#step(event, index));
      side.root.addEventListener("unread", () => this.#badge(tab, side.unread));
    }
    this.#narrow.addEventListener("change", () => this.#fit());
    this.show(this.tabs[0]);
    this.#fit();
  }

  show(chosen) {
    for (const tab of this.tabs) {
      const isShown = tab === chosen;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      this.sides.find(({ root }) => root.dataset.side === tab.dataset.tab).root.dataset.shown = String(isShown);
    }
  }

  #fit() {
    this.list.hidden = !this.#narrow.matches;
    for (const { root } of this.sides) {
      if (this.#narrow.matches) root.setAttribute("role", "tabpanel");
      else root.removeAttribute("role");
    }
  }

  #step(event, index) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const next = this.tabs.at((index + move) % this.tabs.length);
    this.show(next);
    next.focus();
  }

  #badge(tab, unread) {
    const badge = tab.querySelector(".unread");
    badge.hidden = unread === 0;
    badge.textContent = String(unread);
    badge.append(element("span", "visually-hidden", " unread"));
  }
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

// crypto.randomUUID is missing on a page served over plain http from another machine.
function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Storage may be forbidden; then the page works, it only forgets on reload.
function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** What the token says about its bearer. Not verified: this only names things on the page. */
function claims(token) {
  try {
    const body = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))));
  } catch {
    throw new Error("This link carries no readable token.");
  }
}

const ROLES = { visitor: "USER", agent: "AGENT" };
const NAMES = { visitor: "Visitor", agent: "Agent" };
const other = (side) => (side === "visitor" ? "agent" : "visitor");

function person(side, { token, userId, name }, chatId) {
  return { side, token, userId, chatId, name: name || NAMES[side] };
}

function join(me, peer, link) {
  const address = new URL("../", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const chat = new RecadoChat({ address, role: ROLES[me.side], ...me });
  const side = new Side(chat, { side: me.side, peer, link });
  document.querySelector(".stage").append(side.root);
  addEventListener("online", () => chat.state.name === "waiting" && chat.connect());
  chat.connect();
  return side;
}

/** The link printed in the terminal: one side, its token in the fragment, taken out of the address bar at once. */
function openOne(side, given) {
  const drawer = `recado:token:${side}`;
  if (given && remember(drawer, given)) history.replaceState(null, "", `#${side}`);
  const token = given || recall(drawer);
  if (!token) throw new Error("This tab has lost its token. Open the printed link again.");
  const { userId, chatId, name } = claims(token);
  document.body.dataset.view = "one";
  document.title = `Recado demo: the ${side}`;
  document.querySelector("h1").textContent = `You are the ${side}`;
  join(person(side, { token, userId, name }, chatId), { name: NAMES[other(side)] });
  return chatId;
}

async function openBoth() {
  const response = await fetch("session", { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error("The demo is not open on this server. Ask for a link with a token instead.");
  const { chatId, visitor, agent } = await response.json();
  const people = [person("visitor", visitor, chatId), person("agent", agent, chatId)];
  document.body.dataset.view = "both";
  new Tabs(people.map((me, index) => join(me, people[1 - index], `#${me.side}=${me.token}`)));
  return chatId;
}

async function open() {
  const notice = document.querySelector(".notice");
  const [, side, token] = /^#(visitor|agent)(?:=(.+))?$/.exec(location.hash) ?? [];
  try {
    const chatId = side ? openOne(side, token) : await openBoth();
    document.querySelector(".room code").textContent = chatId;
    document.querySelector(".room").hidden = false;
    notice.remove();
  } catch (error) {
    notice.textContent = error.message;
    notice.classList.add("failed");
    if (!side) return;
    const way = element("a", "", "Open the demo with both sides");
    way.href = "./";
    notice.append(way);
  }
}

addEventListener("hashchange", () => location.reload());
open();
