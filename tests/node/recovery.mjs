// Plays a stock client that may return to where it was, and one that speaks and stays, over the transports it is given.
// Usage: node recovery.mjs <http-url> <rooms | collab> <token> <token> <transport[,transport]> <client>
//
// A client that is too old to know of it comes back as a newcomer, undisturbed.
//
// stdin, once it said {"cut":true}: any line, when the broker was ended and started again where it was
// stdout: {"cut":true} when the client is cut off and has missed something, then {"done":"<transport>"} or {"failed":"…"};
// it ends with status 0 or 1
import assert from "node:assert/strict";
import { createInterface } from "node:readline";

const SOON_MS = 15_000;

const [url, door, firstToken, secondToken, transports, kind] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const soon = (what, settle) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), SOON_MS);
    settle((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });

const next = (emitter, event) => soon(event, (resolve) => emitter.once(event, (...args) => resolve(args)));

const connect = async (token) => {
  const { io } = (await import(kind)).default ?? (await import(kind));
  const socket = io(url, {
    path: `/${door}/socket.io/`,
    transports: transports.split(","),
    auth: token === "" ? {} : { token },
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    forceNew: true,
  });
  await next(socket, "connect");
  return socket;
};

const event = door === "rooms" ? "messages" : "message";
const says = (socket, text) => socket.emit(event, { nickname: "Bob", message: text });
const settles = async (socket) => {
  socket.emit(door === "rooms" ? "registrar" : "ping");
  await next(socket, door === "rooms" ? "registrado" : "pong");
};

// All that is said so far has been taken, because the speaker, or one that listens with it, has heard the last of it.
const taken = (socket, texts, says) =>
  soon(`${texts}`, (resolve) => {
    const missing = new Set(texts);
    const listener = ({ message }) => {
      missing.delete(message);
      if (missing.size > 0) return;
      socket.off(event, listener);
      resolve();
    };
    socket.on(event, listener);
    says();
  });

const listening = (socket) => {
  const heard = [];
  const waiting = [];
  socket.on(event, ({ message }, ...more) => {
    heard.push(message);
    assert.equal(typeof more[0], "string");
    waiting.splice(0).forEach((look) => look());
  });
  const until = (message) =>
    soon(message, (resolve) => {
      const look = () => (heard.includes(message) ? resolve() : waiting.push(look));
      look();
    });
  return { heard, until };
};

const round = (texts, name) => texts.map((text) => `${name} ${text}`);
const TEXTS = ["one", "two", "three"];

// Cut off as by a network that breaks: the client finds out by itself, and comes back by itself.
const isCut = async (ana) => {
  // It must not be back before something was said.
  ana.io.reconnection(false);
  const gone = next(ana, "disconnect");
  ana.io.engine.close();
  await gone;
};

const returns = async (ana) => {
  const back = next(ana, "connect");
  ana.io.reconnection(true);
  ana.io.connect();
  await back;
};

const play = async () => {
  const [ana, bob, carl] = [await connect(firstToken), await connect(secondToken), await connect(secondToken)];
  for (const socket of [ana, bob, carl]) await settles(socket);
  const { heard, until } = listening(ana);
  says(bob, "hello");
  await until("hello");
  const { id } = ana;
  const all = ["hello"];
  for (const name of ["a", "b", "c"]) {
    await isCut(ana);
    const texts = round(TEXTS, name);
    await taken(carl, texts, () => texts.forEach((text) => says(bob, text)));
    all.push(...texts);
    if (name === "c") {
      const others = [bob, carl].map((socket) => next(socket, "disconnect").then(() => next(socket, "connect")));
      print({ cut: true });
      await lines.next();
      await Promise.all(others);
    }
    const lastHeard = heard.length;
    await returns(ana);
    assert.equal(heard.length, lastHeard + TEXTS.length, `what was missed is there with the connection: ${heard}`);
    assert.equal(ana.recovered, true);
    assert.equal(ana.id, id);
  }
  says(bob, "on we go");
  await until("on we go");
  assert.deepEqual(heard, [...all, "on we go"]);
  const { name } = ana.io.engine.transport;
  for (const socket of [ana, bob, carl]) socket.disconnect();
  return name;
};

const playOld = async () => {
  const [ana, bob] = [await connect(firstToken), await connect(secondToken)];
  for (const socket of [ana, bob]) await settles(socket);
  const { heard, until } = listening(ana);
  says(bob, "hello");
  await until("hello");
  const { id } = ana;
  await isCut(ana);
  await returns(ana);
  await settles(ana);
  assert.notEqual(ana.id, id);
  says(bob, "on we go");
  await until("on we go");
  assert.deepEqual(heard, ["hello", "on we go"]);
  const { name } = ana.io.engine.transport;
  for (const socket of [ana, bob]) socket.disconnect();
  return name;
};

try {
  print({ done: await (kind.endsWith("4.5") ? playOld() : play()) });
  process.exitCode = 0;
  // What is said last still has to leave.
  setTimeout(() => process.exit(), 200);
} catch (error) {
  print({ failed: `${error.stack ?? error}` });
  process.exit(1);
}
