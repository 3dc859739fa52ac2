// An editor on stock yjs and y-websocket, driven line by line.
// Usage: node yjs_editor.mjs <ws-url of /collab> <document> <token>
//
// stdout, one JSON line per event:
//   {"text":"…"} what the document says, whenever that changes; {"synced":true}; {"shown":[…]} who is shown beside it
//   {"status":"…"}, {"closed":4403,"reason":"…"} when to come again is of no use, {"left":1006} whenever a socket closes
//   {"warned":"…"} what the provider warns of
// stdin, one JSON line per command:
//   {"insert":"…","at":0}  {"append":"…"}  {"many":1000} (as many changes of one letter)  {"erase":3}
//   {"scribble":300} (as many changes anywhere)  {"show":{…}} or {"show":null}  {"disconnect":true}  {"connect":true}  {"tell":true} (says its text again)  {"quit":true}
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [url, name, token] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
console.warn = (...words) => print({ warned: words.join(" ") });

const document = new Y.Doc();
const text = document.getText("text");
const provider = new WebsocketProvider(url, name, document, {
  params: token ? { token } : {},
  WebSocketPolyfill: WebSocket,
  disableBc: true,
  maxBackoffTime: 300,
});

const tell = () => print({ text: text.toString() });
document.on("update", tell);
provider.on("sync", (synced) => synced && print({ synced }));
provider.on("status", ({ status }) => print({ status }));
provider.on("connection-close", (event) => print({ left: event?.code ?? 0 }));
provider.on("closed", ({ code, reason }) => print({ closed: code, reason }));
provider.awareness.on("change", () => {
  const names = [...provider.awareness.getStates().values()].map((state) => state.name).filter(Boolean);
  print({ shown: names.sort() });
});

function scribble() {
  const at = Math.floor(Math.random() * (text.length + 1));
  const words = ["a", "tea time ", "João", "🚀"];
  if (Math.random() < 0.6) text.insert(at, words[Math.floor(Math.random() * words.length)]);
  else text.delete(at, Math.min(3, text.length - at));
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.insert !== undefined) text.insert(command.at, command.insert);
  if (command.append !== undefined) text.insert(text.length, command.append);
  for (let left = command.many ?? 0; left > 0; left -= 1) text.insert(text.length, "x");
  for (let left = command.scribble ?? 0; left > 0; left -= 1) scribble();
  if (command.erase !== undefined) text.delete(0, command.erase);
  if (command.show !== undefined) provider.awareness.setLocalState(command.show);
  if (command.disconnect) provider.disconnect();
  if (command.connect) provider.connect();
  if (command.tell) tell();
  if (command.quit) break;
}
provider.destroy();
process.exit(0);
