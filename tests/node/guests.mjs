// Plays two stock clients, of two versions, at the doors of the rooms and collab dialects, over the transports it is given.
// Usage: node guests.mjs <http-url> <rooms | collab> <token> <token> <transport[,transport]> <client> <other client> [alone]
// With the last word the door has the port to itself, and clients go to the path they go to where they are told none.
//
// stdout: {"done":"…"} with the name of the transport the first ended on, or {"failed":"…"}; it ends with status 0 or 1
import assert from "node:assert/strict";

const SOON_MS = 15_000;
const MANY = 100;

const [url, door, firstToken, secondToken, transports, first, second, alone] = process.argv.slice(2);
const kinds = [first, second];
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const next = (emitter, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in time`)), SOON_MS);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });

// Resolves with so many of them, in the order they came.
const gather = (socket, event, count) =>
  new Promise((resolve, reject) => {
    const heard = [];
    const timer = setTimeout(() => reject(new Error(`heard ${heard.length} of ${count} ${event}`)), SOON_MS);
    const listener = (said) => {
      if (heard.push(said) < count) return;
      clearTimeout(timer);
      socket.off(event, listener);
      resolve(heard);
    };
    socket.on(event, listener);
  });

const client = async (kind, token) => {
  const { io } = (await import(kind)).default ?? (await import(kind));
  return io(url, {
    ...(alone ? {} : { path: `/${door}/socket.io/` }),
    transports: transports.split(","),
    auth: token === "" ? {} : { token },
    reconnection: false,
    forceNew: true,
  });
};

const connected = async (kind, token) => {
  const socket = await client(kind, token);
  await next(socket, "connect");
  return socket;
};

const numbered = (all, by) => all.filter(({ n, message }) => (message ?? n).startsWith(by));
const inOrder = (by) => Array.from({ length: MANY }, (_, number) => `${by}${number}`);

const registers = async (socket) => {
  socket.emit("registrar");
  assert.deepEqual(await next(socket, "registrado"), [{ room: "roomChatTest" }]);
};

const rooms = async ([ana, bob]) => {
  ana.emit("messages", { nickname: "Ana", message: "alone" });
  const [alone] = await next(ana, "messages");
  assert.deepEqual(alone, { nickname: "Ana", message: "alone", server: alone.server });
  assert.ok(alone.server.length > 0);
  await registers(ana);
  await registers(bob);
  await registers(bob);
  const heard = [ana, bob].map((socket) => gather(socket, "messages", 2 * MANY));
  for (let number = 0; number < MANY; number += 1) {
    ana.emit("messages", { nickname: "Ana", message: `a${number}` });
    bob.emit("messages", { nickname: "Bob", message: `b${number}` });
  }
  const [first, second] = await Promise.all(heard);
  assert.deepEqual(first, second);
  assert.deepEqual(numbered(first, "a").map(({ message }) => message), inOrder("a"));
  assert.deepEqual(numbered(first, "b").map(({ nickname }) => nickname), Array(MANY).fill("Bob"));
  bob.emit("messages", null);
  const [exception] = await next(bob, "exception");
  assert.deepEqual(exception.cause, { pattern: "messages", data: null });
};

const documents = async (ana, bob) => {
  const joined = next(ana, "user:joined-document");
  for (const socket of [ana, bob]) {
    socket.emit("document:join", { documentId: "d1", userInfo: { name: "A" } });
    socket.emit("ping");
    await next(socket, "pong");
  }
  assert.equal((await joined)[0].userInfo.socketId, bob.id);
  ana.emit("document:update", { documentId: "d1", content: { text: "oi" }, metadata: { title: "T" } });
  const [{ content, metadata }] = await next(bob, "document:updated");
  assert.deepEqual([content, metadata.title, metadata.userId, metadata.version > 0], [{ text: "oi" }, "T", "ana", true]);
  bob.emit("cursor:update", { documentId: "d1", cursor: { line: 1 } });
  assert.deepEqual((await next(ana, "cursor:updated"))[0].cursor, { line: 1 });
};

const collab = async ([ana, bob]) => {
  const forger = await client(kinds[0], "made.up.entirely");
  assert.equal((await next(forger, "connect_error"))[0].message, "Authentication error");
  const own = [];
  ana.on("message", (said) => own.push(said.userId));
  const heard = [gather(ana, "message", MANY), gather(bob, "message", MANY)];
  for (let number = 0; number < MANY; number += 1) {
    ana.emit("message", { n: `a${number}`, userId: "eve" });
    bob.emit("message", { n: `b${number}` });
  }
  const [byBob, byAna] = await Promise.all(heard);
  assert.deepEqual(byBob.map(({ n }) => n), inOrder("b"));
  assert.deepEqual(byAna.map(({ n, userId }) => `${userId} ${n}`), inOrder("a").map((n) => `ana ${n}`));
  ana.emit("message", { bytes: Buffer.from([1, 2, 255]), deep: [Buffer.from([3])] });
  const [{ bytes, deep }] = await next(bob, "message");
  assert.deepEqual([[...new Uint8Array(bytes)], [...new Uint8Array(deep[0])]], [[1, 2, 255], [3]]);
  await documents(ana, bob);
  assert.ok(!own.includes("ana"));
  const gone = next(ana, "user:disconnected");
  bob.disconnect();
  assert.deepEqual(await gone, [{ userId: "bob" }]);
};

try {
  const ana = await connected(kinds[0], firstToken);
  const bob = await connected(kinds[1], secondToken);
  await (door === "rooms" ? rooms([ana, bob]) : collab([ana, bob]));
  const { name } = ana.io.engine.transport;
  ana.disconnect();
  bob.disconnect();
  print({ done: name });
  process.exitCode = 0;
  // What is said last still has to leave.
  setTimeout(() => process.exit(), 200);
} catch (error) {
  print({ failed: `${error.stack ?? error}` });
  process.exit(1);
}
