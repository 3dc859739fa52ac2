// Receives webhooks and verifies each with the reference library of Standard Webhooks.
// Usage: WEBHOOK_SECRET=whsec_… node webhook_receiver.mjs [port]
//
// stdout: {"listening":PORT} first, then {"event":{…},"id":"…","sent":seconds,"signatures":n} per verified request and
//   {"forged":"…"} for one that is not; each before it is answered.
// stdin, one JSON line per command (echoed once it holds); it is how every later request is answered:
//   {"mode":"ok"}  {"mode":"status","status":500,"headers":{…}}  {"mode":"hang"} never answers
//   {"mode":"cut"} closes in the middle of the body of a 200  {"mode":"flood"} a 200 without an end
//   a room of "only" narrows the mode to requests about it, as in {"mode":"hang","only":"chat:a"}
//   {"release":true} answers what hangs with 200  {"quit":true}
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

const LARGEST_BODY = 1_048_576;
const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? "");
const hanging = new Set();
let mode = { mode: "ok" };

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function bodyOf(request) {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) {
    text += piece;
    if (text.length > LARGEST_BODY) throw new Error("body too large");
  }
  return text;
}

function answer(response, now) {
  switch (now.mode) {
    case "status":
      return response.writeHead(now.status, now.headers ?? {}).end("no");
    case "hang":
      return hanging.add(response);
    case "cut":
      response.writeHead(200, { "content-length": "1000" });
      return response.write("{", () => response.destroy());
    case "flood":
      response.writeHead(200);
      return flood(response);
    default:
      return response.writeHead(204).end();
  }
}

function flood(response) {
  while (!response.destroyed && response.write("x".repeat(65_536)));
  if (!response.destroyed) response.once("drain", () => flood(response));
}

const server = createServer(async (request, response) => {
  try {
    const text = await bodyOf(request);
    const event = webhook.verify(text, request.headers);
    const signatures = request.headers["webhook-signature"].split(" ").length;
    print({ event, id: request.headers["webhook-id"], sent: Number(request.headers["webhook-timestamp"]), signatures });
    const applies = mode.only === undefined || mode.only === event.data.room;
    answer(response, applies ? mode : { mode: "ok" });
  } catch (error) {
    print({ forged: error.message });
    response.writeHead(401).end();
  }
});

function obey(command) {
  if (command.quit) process.exit(0);
  if (command.release) {
    for (const response of hanging) response.writeHead(200).end("{}");
    hanging.clear();
    return print(command);
  }
  mode = command;
  print(command);
}

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => print({ listening: server.address().port }));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => line.trim() !== "" && obey(JSON.parse(line)));
lines.on("close", () => process.exit(0));
