// Plays a stock client at the protocol echo: everything it can say, over the transports it is given.
// Usage: node protocol_echo.mjs <http-url> <client> <transport[,transport]>
// A client is a package of this folder; engine.io-client-3 and socket.io-client-2 speak protocol 3.
//
// stdout: {"done":"…"} with the name of the transport it ended on, or {"failed":"…"}; it ends with status 0 or 1
import assert from "node:assert/strict";

const SOON_MS = 15_000;
const MANY = 500;

const [url, kind, transports] = process.argv.slice(2);
const IS_OLD = kind === "engine.io-client-3" || kind === "socket.io-client-2";
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const next = (emitter, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in time`)), SOON_MS);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });

const bytes = (value) => [...new Uint8Array(value)];

// Each message says which it is, so one that is lost, doubled or late is seen.
const inOrder = (listen, say) =>
  new Promise((resolve, reject) => {
    let heard = 0;
    const timer = setTimeout(() => reject(new Error(`heard ${heard} of ${MANY}`)), SOON_MS);
    listen((number) => {
      if (Number(number) !== heard) reject(new Error(`heard ${number} instead of ${heard}`));
      heard += 1;
      if (heard === MANY) {
        clearTimeout(timer);
        resolve();
      }
    });
    for (let number = 0; number < MANY; number += 1) setTimeout(() => say(number), number / 10);
  });

const engine = async () => {
  const client = await import(kind);
  const Socket = client.Socket ?? client.default;
  const socket = new Socket(url, { path: "/engine.io/", transports: transports.split(",") });
  socket.binaryType = "arraybuffer";
  await next(socket, "open");
  const listeners = [];
  socket.on("message", (message) => listeners.at(-1)?.(message));
  // Through the upgrade, if there is one.
  await inOrder((listener) => listeners.push(listener), (number) => socket.send(`${number}`));
  listeners.length = 0;
  const echo = (message) =>
    new Promise((resolve) => {
      listeners.push(resolve);
      socket.send(message);
    });
  assert.equal(await echo("tschüß 👋"), "tschüß 👋");
  assert.deepEqual(bytes(await echo(new Uint8Array([0, 1, 30, 255]))), [0, 1, 30, 255]);
  const long = "x".repeat(400_000);
  assert.equal(await echo(long), long);
  const name = socket.transport.name;
  socket.close();
  return name;
};

const echoes = async (socket) => {
  socket.emit("message", 1, "2", { 3: [false] });
  assert.deepEqual(await next(socket, "message-back"), [1, "2", { 3: [false] }]);
  socket.emit("message", Buffer.from([1, 2, 3]), { deep: [Buffer.from([4])] });
  const [first, second] = await next(socket, "message-back");
  assert.deepEqual([bytes(first), bytes(second.deep[0])], [[1, 2, 3], [4]]);
  const long = "x".repeat(400_000);
  socket.emit("message", long);
  assert.deepEqual(await next(socket, "message-back"), [long]);
};

const acks = async (socket) => {
  const asked = (...args) => new Promise((resolve) => socket.emit("message-with-ack", ...args, (...answer) => resolve(answer)));
  assert.deepEqual(await asked(1, "2", { 3: [false] }), [1, "2", { 3: [false] }]);
  assert.deepEqual(bytes((await asked(Buffer.from([9, 9])))[0]), [9, 9]);
};

const namespaces = async (root) => {
  // The old ones show a query there, where the new ones would show what they connect with.
  const custom = root.io.socket("/custom", IS_OLD ? { query: { token: "a b" } } : {});
  const auth = next(custom, "auth");
  await next(custom, "connect");
  assert.deepEqual(await auth, [IS_OLD ? { token: "a b" } : {}]);
  const [error] = await next(root.io.socket("/random"), IS_OLD ? "error" : "connect_error");
  assert.equal(IS_OLD ? error : error.message, "Invalid namespace");
  custom.disconnect();
  await echoes(root);
};

const socketIo = async () => {
  const client = (await import(kind)).default;
  const io = client.io ?? client;
  const socket = io(url, { transports: transports.split(","), auth: { token: "123" }, reconnection: false });
  const auth = next(socket, "auth");
  await next(socket, "connect");
  assert.deepEqual(await auth, [IS_OLD ? {} : { token: "123" }]);
  assert.equal(socket.id === socket.io.engine.id, IS_OLD);
  await inOrder((listener) => socket.on("message-back", listener), (number) => socket.emit("message", number));
  socket.off("message-back");
  await echoes(socket);
  await acks(socket);
  await namespaces(socket);
  // Longer than the heartbeats of the story.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await acks(socket);
  const name = socket.io.engine.transport.name;
  socket.disconnect();
  return name;
};

try {
  print({ done: await (kind.startsWith("engine") ? engine() : socketIo()) });
  process.exitCode = 0;
  // What is said last still has to leave.
  setTimeout(() => process.exit(), 200);
} catch (error) {
  print({ failed: `${error.stack ?? error}` });
  process.exit(1);
}
