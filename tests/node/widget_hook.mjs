// Plays the widget's browser hook: one socket, reconnecting as the hook does, driven line by line.
// Usage: node widget_hook.mjs <ws-url> <token> [--no-reconnect]
//
// stdout, one JSON line per event:
//   {"event":"open","extensions":"…"}  {"event":"message","frame":{…}}  {"event":"close","code":…,"reason":"…"}
//   {"event":"message","raw":"…"} for text that is not JSON, {"event":"error","message":"…"} for a socket error,
//   {"event":"unsent","command":{…}} for a command that found no open socket, {"event":"gave_up"} after the last attempt
// stdin, one JSON line per command:
//   {"send":{…}}  {"raw":"…"}  {"figures":true} (then {"event":"figures","read":…,"written":…}: bytes on the wire)
//   {"close":true} (the hook then comes back, as after any close)  {"quit":true}
import { createInterface } from "node:readline";
import WebSocket from "ws";

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
const MOST_ATTEMPTS = 10;

const [url, token] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const reconnects = !process.argv.includes("--no-reconnect");
if (!url || token === undefined) {
  process.stderr.write("usage: node widget_hook.mjs <ws-url> <token> [--no-reconnect]\n");
  process.exit(2);
}

let socket;
let wire;
let attempts = 0;
let timer;

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function connect() {
  socket = new WebSocket(`${url}?token=${token}`);
  socket.on("open", () => {
    attempts = 0;
    print({ event: "open", extensions: socket.extensions });
  });
  socket.on("upgrade", (answer) => {
    wire = answer.socket;
  });
  socket.on("message", (bytes) => print({ event: "message", ...parsed(bytes.toString()) }));
  // Without a listener an error would end the process; the close that follows tells the story.
  socket.on("error", (error) => print({ event: "error", message: error.message }));
  socket.on("close", (code, reason) => {
    print({ event: "close", code, reason: reason.toString() });
    comeBack();
  });
}

function comeBack() {
  if (!reconnects) return;
  if (attempts >= MOST_ATTEMPTS) return print({ event: "gave_up" });
  const delay = Math.min(FIRST_DELAY_MS * 2 ** attempts, LONGEST_DELAY_MS);
  attempts += 1;
  timer = setTimeout(connect, delay);
}

function parsed(text) {
  try {
    return { frame: JSON.parse(text) };
  } catch {
    return { raw: text };
  }
}

function obey(command) {
  if (command.quit) return leave();
  if (command.figures) return print({ event: "figures", read: wire.bytesRead, written: wire.bytesWritten });
  if (command.close) return socket.close();
  const text = command.raw ?? JSON.stringify(command.send);
  if (text === undefined || socket.readyState !== WebSocket.OPEN) return print({ event: "unsent", command });
  socket.send(text);
}

function leave() {
  clearTimeout(timer);
  socket.removeAllListeners("close");
  if (socket.readyState !== WebSocket.OPEN) process.exit(0);
  socket.once("close", () => process.exit(0));
  socket.close(1000);
  setTimeout(() => process.exit(0), 1_000);
}

connect();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (line.trim() === "") return;
  const { frame: command, raw } = parsed(line);
  if (raw !== undefined) return print({ event: "error", message: "a command must be one line of JSON" });
  obey(command);
});
lines.on("close", leave);
