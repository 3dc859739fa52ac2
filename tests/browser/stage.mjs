// What every play in a real browser needs: the browser, pages that are listened to for complaints, and an orderly end.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const WAIT_MS = 10_000;
const WHOLE_RUN_MS = 120_000;
const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const NARROWEST = { width: 360, height: 640 };

export const complaints = [];
/** What the broker answered to each offer of an extension. */
export const extensions = [];
let step = "start the browser";
let base;
let shots;
let friends;

/** Says what is played next, for whoever reads why it failed. */
export const next = (what) => {
  step = what;
};

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** A page that loads nothing from strangers and complains of nothing. */
export async function opened(browser, path, options) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const { host } = new URL(request.url());
    if (![base, ...friends].some((known) => new URL(known).host === host)) complaints.push(`asked a stranger: ${host}`);
  });
  const wire = await context.newCDPSession(page);
  wire.on("Network.webSocketHandshakeResponseReceived", ({ response }) => {
    extensions.push(response.headers["Sec-WebSocket-Extensions"] ?? "none");
  });
  await wire.send("Network.enable");
  await page.goto(new URL(path, base).href, { waitUntil: "load", timeout: WAIT_MS });
  return page;
}

export const shoot = (page, name, options) =>
  page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled", ...options });

/** Does what makes the browser complain in this way, and forgets only that. */
export async function expecting(complaint, act) {
  await act();
  const others = complaints.filter((line) => !complaint.test(line));
  complaints.splice(0, complaints.length, ...others);
}

function finish(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
  process.exitCode = line.ok ? 0 : 1;
}

/** Runs a play; the last line says {"ok":true,…} or {"ok":false,"failed":…}. Pages may ask `others` too. */
export async function stage(play, address, folder, others = []) {
  [base, shots, friends] = [address, folder, others];
  mkdirSync(shots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
    timeout: 30_000,
  });
  // Closing the browser fails whatever still waits.
  const limit = setTimeout(() => browser.close(), WHOLE_RUN_MS);
  try {
    const told = await play(browser);
    step = "the browser has nothing to complain about";
    check(complaints.length === 0, complaints.join("; "));
    finish({ ok: true, ...told, screenshots: shots });
  } catch (error) {
    finish({ ok: false, failed: step, why: error.message, complaints });
  } finally {
    clearTimeout(limit);
    await browser.close();
  }
}
