// Plays the Next.js backend: stores messages and names users, behind the shared secret.
// Usage: INTERNAL_API_SECRET=… [REDIS_PORT=…] node next_backend.mjs
// With a Redis it also publishes what it stores, before it answers.
//
// stdout: {"listening":PORT} first, then {"request":{"method","path"}} per request.
// stdin, one JSON line per command (a mode is echoed once it holds):
//   {"mode":"ok"}  {"mode":"500"}  {"mode":"hang"} never answers, and stores nothing
//   {"mode":"slow","ms":2000} stores at once and answers late: the case in which a retry would double the message
//   {"publish":{"type":…},"chat":"chat_1"} publishes that on the chat's channel and prints {"published":N}, N receivers
//   {"list":true} prints {"messages":[…]}   {"quit":true}
import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const SECRET = process.env.INTERNAL_API_SECRET ?? "";
const LARGEST_BODY = 1_048_576;
const SEND = /^\/api\/chats\/([^/]+)\/messages\/send$/;
const USER = /^\/api\/users\/([^/]+)$/;

if (SECRET === "") {
  process.stderr.write("INTERNAL_API_SECRET is not set\n");
  process.exit(2);
}

const messages = [];
let mode = { mode: "ok" };

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const reply = (status, body) => ({ status, body });

function mayEnter(request) {
  const shown = Buffer.from(request.headers["x-internal-secret"] ?? "");
  const wanted = Buffer.from(SECRET);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

// "nameless" has an address only, "nobody" not even that.
function person(id) {
  const name = ["nameless", "nobody"].includes(id) ? null : id.charAt(0).toUpperCase() + id.slice(1);
  const email = id === "nobody" ? null : `${encodeURIComponent(id)}@example.test`;
  return { id, name, email, image: null };
}

const redis = process.env.REDIS_PORT ? connect(Number(process.env.REDIS_PORT), "127.0.0.1") : undefined;
const waiting = [];
redis?.setEncoding("utf8").on("data", (text) => {
  for (const line of text.split("\r\n")) if (line !== "") waiting.shift()?.(Number(line.slice(1)));
});
// Without a Redis nobody can say that a message was not published.
redis?.on("error", () => {});

function publish(chatId, frame) {
  const words = ["PUBLISH", `chat:${chatId}`, JSON.stringify(frame)];
  const command = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
  return new Promise((done) => {
    waiting.push(done);
    redis.write(`*${words.length}\r\n${command}`);
  });
}

// What the browsers are sent: the role in small letters, the time of creation as the time.
function announced({ id, content, role, createdAt, sender }) {
  const data = { id, content, role: role.toLowerCase(), timestamp: createdAt, sender };
  return { type: "message", data, timestamp: new Date().toISOString() };
}

async function store(chatId, text) {
  if (chatId === "missing") return reply(404, { error: "Chat not found" });
  const draft = parsed(text);
  if (draft === undefined) return reply(400, { error: "Invalid JSON" });
  const { content, role, userId } = draft;
  if (typeof content !== "string" || content.trim() === "") return reply(400, { error: "Message content is required" });
  const { id, name, email, image } = person(String(userId ?? ""));
  const sender = { id, name, email, avatar: image };
  const message = { id: `msg_${randomUUID()}`, content, role, createdAt: new Date().toISOString(), sender };
  messages.push({ chatId, ...message });
  if (redis) await publish(chatId, announced(message));
  return reply(200, { success: true, message });
}

function route(request, path, text) {
  if (!mayEnter(request)) return reply(401, { error: "Unauthorized - invalid internal secret" });
  if (mode.mode === "500") return reply(500, { error: "Internal server error" });
  const chat = SEND.exec(path);
  if (chat && request.method === "POST") return store(decodeURIComponent(chat[1]), text);
  const user = USER.exec(path);
  if (!user || request.method !== "GET") return reply(404, { error: "Not found" });
  const id = decodeURIComponent(user[1]);
  return id === "ghost" ? reply(404, { error: "User not found" }) : reply(200, person(id));
}

async function bodyOf(request) {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) {
    text += piece;
    if (text.length > LARGEST_BODY) throw new Error("body too large");
  }
  return text;
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  print({ request: { method: request.method, path } });
  try {
    const text = await bodyOf(request);
    if (mode.mode === "hang") return;
    const wait = mode.mode === "slow" ? (mode.ms ?? 1_000) : 0;
    const { status, body } = await route(request, path, text);
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    response.destroy();
  }
});

async function obey(command) {
  if (command.quit) process.exit(0);
  if (command.list) return print({ messages });
  if (command.publish) return print({ published: await publish(command.chat, command.publish) });
  if (["ok", "500", "hang", "slow"].includes(command.mode)) {
    mode = command;
    return print(mode);
  }
  process.stderr.write("unknown command\n");
}

server.listen(0, "127.0.0.1", () => print({ listening: server.address().port }));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => line.trim() !== "" && obey(parsed(line) ?? {}));
lines.on("close", () => process.exit(0));
