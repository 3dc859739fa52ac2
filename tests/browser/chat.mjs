// Plays two people on the page of somebody else's chat application, with the stock client from its own server: a page of
// another origin, which polls, goes on by WebSocket, loses the network and comes back.
// Usage: node chat.mjs <screenshot-dir> <folder-of-socket.io.min.js>
//
// stdout: {"origin":…}, where the page is served; then the last line, {"ok":true,…} or {"ok":false,"failed":…}
// stdin, after the first: {"url":…,"tokens":[…,…],"group":…}
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { PHONE, check, expecting, next, opened, shoot, stage } from "./stage.mjs";

const MANY = 30;
const [shots, library] = process.argv.slice(2);
if (!shots || !library) {
  process.stderr.write("usage: node chat.mjs <screenshot-dir> <folder-of-socket.io.min.js>\n");
  process.exit(2);
}

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Chat</title><link rel="icon" href="data:,">
<style>body{font:16px sans-serif;min-height:90vh} body:not(.in){opacity:.4}</style><ol></ol>
<script src="/socket.io.min.js"></script><script src="/page.js"></script></html>`;
const FILES = {
  "/": ["text/html", HTML],
  "/page.js": ["text/javascript", readFileSync(new URL("chat_page.js", import.meta.url))],
  "/socket.io.min.js": ["text/javascript", readFileSync(`${library}/socket.io.min.js`)],
};

/** A server with nothing but the page. */
async function served() {
  const server = createServer(({ url }, answer) => {
    const [type, body] = FILES[url] ?? [];
    answer.writeHead(body ? 200 : 404, type && { "Content-Type": type }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const [known, stranger] = [await served(), await served()];
process.stdout.write(`${JSON.stringify({ origin: known.origin })}\n`);
const input = createInterface({ input: process.stdin });
const [order] = await once(input, "line");
input.close();
const { url, tokens, group } = JSON.parse(order);

async function person(browser, token, options) {
  const page = await opened(browser, "/", options);
  await page.evaluate(([url, token]) => window.chat.enter(url, token), [url, token]);
  await page.locator("body.in").waitFor();
  return {
    page,
    says: (content) => page.evaluate(([group, content]) => window.chat.say(group, content), [group, content]),
    sees: (content) => page.locator("li").getByText(content, { exact: true }).waitFor(),
    state: () => page.evaluate(() => window.chat.state()),
    history: () => page.evaluate(([url, token, group]) => window.chat.history(url, token, group), [url, token, group]),
    leaves: () => page.evaluate(() => window.chat.leave()),
    upgrades: () => page.waitForFunction(() => window.chat.state().transports.at(-1) === "websocket"),
  };
}

/** Each says the next only when the last was taken, as people do. */
async function talks(who, name, from, to) {
  for (let number = from; number < to; number += 1) await who.says(`${name}${number}`);
}

/** Bob is away while both go on talking; what he says waits in his page. */
async function losesTheNetwork(ana, bob) {
  next("the network is gone while both talk");
  const talking = talks(bob, "b", 10, MANY);
  await talks(ana, "a", 10, 15);
  await bob.page.context().setOffline(true);
  await bob.page.locator("body:not(.in)").waitFor();
  await talks(ana, "a", 15, 25);
  check(!(await bob.state()).shown.some(([, content]) => content === "a24"), "he heard something while away");
  await shoot(bob.page, "phone-away");
  next("the network is back");
  await bob.page.context().setOffline(false);
  await bob.page.locator("body.in").waitFor();
  await talks(ana, "a", 25, MANY);
  await talking;
}

const all = (name) => Array.from({ length: MANY }, (_, number) => `${name}${number}`);
const said = ({ shown }, name) => shown.map(([, content]) => content).filter((content) => content.startsWith(name));

async function agree(ana, bob) {
  next("both have every message once, and heard the other's in order");
  await ana.sees(`8: b${MANY - 1}`);
  await bob.sees(`7: a${MANY - 1}`);
  const history = JSON.stringify(await ana.history());
  for (const who of [ana, bob]) {
    const state = await who.state();
    check(state.flaws.length === 0, state.flaws.join("; "));
    for (const name of ["a", "b"]) check(said(state, name).join() === all(name).join(), `${name}: ${said(state, name)}`);
    const sorted = JSON.stringify(state.shown.sort(([one], [other]) => one - other));
    check(sorted === history, `a page shows ${sorted}, the server has ${history}`);
  }
}

async function isNotLetIn(browser) {
  next("a page of an origin that nobody named is not let in");
  const page = await opened(browser, stranger.origin);
  await expecting(/CORS policy|ERR_FAILED/, async () => {
    await page.evaluate(([url, token]) => window.chat.enter(url, token), [url, tokens[0]]);
    await page.locator('body[data-error="xhr poll error"]').waitFor({ state: "attached" });
    await page.context().close();
  });
}

async function run(browser) {
  next("two people come by polling and go on by WebSocket");
  const ana = await person(browser, tokens[0]);
  const bob = await person(browser, tokens[1], { viewport: PHONE });
  await Promise.all([ana.upgrades(), bob.upgrades()]);
  await Promise.all([talks(ana, "a", 0, 10), talks(bob, "b", 0, 10)]);
  await expecting(/ERR_INTERNET_DISCONNECTED/, () => losesTheNetwork(ana, bob));
  await agree(ana, bob);
  const { transports } = await bob.state();
  check(transports.join().startsWith("polling,websocket,polling"), `he came by ${transports}`);
  await shoot(ana.page, "desktop");
  await shoot(bob.page, "phone");
  await Promise.all([ana.leaves(), bob.leaves()]);
  await isNotLetIn(browser);
  return { transports };
}

await stage(run, known.origin, shots, [url, stranger.origin]);
for (const { server } of [known, stranger]) server.close();
