// Plays three users with two devices each in one group, with stock clients, over the transports it is given.
// Usage: node chat_flow.mjs <http-url> <socket.io-client | socket.io-client-4.5> <transport[,transport]> <token,token,token> <group>
//
// stdout: {"done":"…"} with the name of the transport the last client ended on, or {"failed":"…"}; it ends with status 0 or 1
import assert from "node:assert/strict";

const SOON_MS = 15_000;
const MANY = 20;

const [url, kind, transports, tokens, groupId] = process.argv.slice(2);
const group = Number(groupId);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const { io } = await import(kind);

// Everything a client is told is kept from its first moment, and waited for by name.
class Client {
  constructor(token) {
    this.heard = [];
    this.waiting = [];
    this.socket = io(url, { auth: { token }, transports: transports.split(","), forceNew: true });
    this.socket.onAny((name, payload) => {
      this.heard.push([name, payload]);
      this.waiting.splice(0).forEach((look) => look());
    });
  }

  async hears(name, fits = () => true) {
    const deadline = Date.now() + SOON_MS;
    for (;;) {
      const at = this.heard.findIndex(([heard, payload]) => heard === name && fits(payload));
      if (at >= 0) return this.heard.splice(at, 1)[0][1];
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${name} in time; heard ${JSON.stringify(this.heard)}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => (clearTimeout(timer), resolve()));
      });
    }
  }

  asks(name, payload) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${name}`)), SOON_MS);
      this.socket.emit(name, payload, (answer) => (clearTimeout(timer), resolve(answer)));
    });
  }

  async sends(content) {
    const answer = await this.asks("send_message", { groupId: group, content, tempId: `${content}` });
    assert.equal(answer.success, true, JSON.stringify(answer));
    return answer.message;
  }
}

const clients = tokens.split(",").flatMap((token) => [new Client(token), new Client(token)]);
const [ana, anaPhone, bob, bobPhone, carl, carlPhone] = clients;
const others = clients.slice(1);

const talk = async () => {
  // Early events: said before anybody was welcomed.
  const early = ana.sends("early");
  await Promise.all(clients.map((client) => client.hears("connected")));
  await early;
  const message = await ana.sends("olá, Zoë 👋");
  assert.equal(typeof message.id, "number");
  assert.deepEqual((await ana.hears("message_sent", (sent) => sent.message.id === message.id)).message, message);
  for (const client of others) {
    assert.deepEqual(await client.hears("new_message", (told) => told.id === message.id), message);
  }
  return message;
};

const receipts = async (message) => {
  bob.socket.emit("message_delivered", { messageIds: [message.id] });
  for (const device of [ana, anaPhone]) {
    assert.equal((await device.hears("message_delivered", (told) => told.messageId === message.id)).status, "delivered");
  }
  bob.socket.emit("message_read", { messageIds: [message.id], groupId: group });
  for (const client of clients) {
    const told = await client.hears("message_read", (read) => read.messageId === message.id);
    assert.equal(told.status, "read");
  }
  await ana.hears("message_read_by_recipient");
};

const changes = async (message) => {
  bob.socket.emit("typing_start", { groupId: group });
  for (const client of [ana, carlPhone]) assert.equal((await client.hears("user_typing")).groupId, group);
  await ana.asks("edit_message", { messageId: message.id, content: "edited" });
  for (const client of clients) assert.equal((await client.hears("message_edited")).content, "edited");
  const unread = await carl.sends("a slip");
  assert.equal((await carl.asks("recall_message", { messageId: unread.id })).success, true);
  for (const client of clients) assert.equal((await client.hears("message_recalled")).messageId, unread.id);
  assert.equal((await ana.asks("delete_message", { messageId: message.id })).success, true);
  for (const client of clients) assert.equal((await client.hears("message_deleted")).id, message.id);
  const online = await carl.asks("get_online_users", { groupId: group });
  assert.equal(online.data.length, 3);
  const file = Buffer.from("a file");
  const upload = { groupId: group, fileName: "a.txt", fileSize: file.length, file };
  const answer = await bob.asks("upload_file", upload);
  assert.equal(answer.fileSize, file.length, JSON.stringify(answer));
};

// All say many things at once; every device that only listens hears one order, nothing twice and nothing lost.
const order = async () => {
  const said = [];
  for (let n = 0; n < MANY; n += 1) for (const client of [ana, bob, carl]) said.push(client.sends(`many ${n}`));
  const ids = (await Promise.all(said)).map((message) => message.id).sort((a, b) => a - b);
  for (const device of [anaPhone, bobPhone, carlPhone]) {
    const heard = [];
    for (const _ of ids) heard.push((await device.hears("new_message", ({ content }) => content.startsWith("many"))).id);
    assert.deepEqual(heard, ids);
  }
};

// Devices whose lines break come back by themselves; the user is told what was missed, whichever is first.
const returns = async () => {
  const devices = [bob, bobPhone];
  devices.forEach((device) => device.socket.io.engine.close());
  const missed = await ana.sends("while you were away");
  await Promise.all(devices.map((device) => device.hears("connected")));
  const isIt = ({ id }) => id === missed.id;
  const told = devices.flatMap((device) => [
    device.hears("pending_messages", ({ messages }) => messages.some(isIt)).then(({ messages }) => messages.find(isIt)),
    device.hears("new_message", isIt),
  ]);
  assert.equal((await Promise.any(told)).content, "while you were away");
};

// Says goodbye on every line before the process ends.
const leave = () => Promise.all(clients.map((client) => new Promise((resolve) => {
  const { engine } = client.socket.io;
  engine.once("close", resolve);
  client.socket.disconnect();
})));

try {
  const message = await talk();
  await receipts(message);
  await changes(message);
  await order();
  await returns();
  const ended = ana.socket.io.engine.transport.name;
  await leave();
  // What was said last is on its way still; timers of what was not told do not keep the process.
  setTimeout(() => process.exit(0), 300);
  print({ done: ended });
} catch (error) {
  print({ failed: `${error.stack ?? error}` });
  process.exit(1);
}
