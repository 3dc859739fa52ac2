// Plays an operator on the admin page in a real browser while a widget talks.
// Usage: node admin.mjs <base-url> <screenshot-dir> <secret> <admin-token> <widget-token>
import { NARROWEST, PHONE, check, expecting, next, opened, shoot, stage } from "./stage.mjs";

const [base, shots, secret, adminToken, widgetToken] = process.argv.slice(2);
if (!widgetToken) {
  process.stderr.write("usage: node admin.mjs <base-url> <screenshot-dir> <secret> <admin-token> <widget-token>\n");
  process.exit(2);
}

const at = (page, testid) => page.getByTestId(testid);
const figure = async (page, card) => Number((await at(page, `card-${card}`).locator(".value").textContent()).replaceAll(",", ""));

async function signsIn(page, text) {
  await at(page, "secret").fill(text);
  await at(page, "enter").click();
}

const isReady = (page) => page.locator('[data-testid="state"][data-state="ready"]').waitFor();

/** Waits until a card shows a number between these. */
async function shows(page, card, least, most) {
  const value = at(page, `card-${card}`).locator(".value");
  const isThere = ([node, from, to]) => {
    const number = Number(node.textContent.replaceAll(",", ""));
    return from <= number && number <= to;
  };
  await page.waitForFunction(isThere, [await value.elementHandle(), least, most]);
}

/** A widget that says something a few times a second, and now and then what is refused. */
async function talking(browser) {
  const page = await opened(browser, "/admin/");
  await page.evaluate((token) => {
    const socket = new WebSocket(`ws://${location.host}/?token=${token}`);
    const say = (content) => socket.send(JSON.stringify({ type: "message", role: "USER", content }));
    let round = 0;
    socket.onopen = () => {
      window.talk = setInterval(() => {
        round += 1;
        for (let n = 0; n < 1 + Math.round(3 + 3 * Math.sin(round / 6)); n += 1) say(`message ${round} ${n}`);
        if (round % 9 === 1) say("x".repeat(5000));
      }, 150);
    };
    window.hangUp = () => {
      clearInterval(window.talk);
      socket.close();
    };
  }, widgetToken);
  return page;
}

async function isTurnedAway(page) {
  next("a wrong secret is turned away with a clear word");
  await expecting(/401/, async () => {
    await signsIn(page, `${secret}x`);
    await page.getByText("neither the internal secret nor a valid token").waitFor();
    await signsIn(page, widgetToken);
    await page.getByText("neither the internal secret nor a valid token").waitFor();
  });
  check(await at(page, "board").isHidden(), "the figures are shown to a stranger");
  await signsIn(page, "geheim ✓");
  await page.getByText("ASCII only").waitFor();
  await shoot(page, "gate-wrong");
}

async function seesFiguresMove(browser, page) {
  next("the right secret opens the board");
  await signsIn(page, secret);
  await isReady(page);
  check(!page.url().includes("secret") && page.url().endsWith("/admin/"), `the address tells too much: ${page.url()}`);
  check((await page.content()).includes(secret) === false, "the secret stands in the page");
  check((await figure(page, "connections")) === 0, "somebody is there already");
  next("the figures move when a widget talks");
  const widget = await talking(browser);
  await shows(page, "connections", 1, 1);
  await shows(page, "messages", 1, 1000);
  await shows(page, "ack", 0.001, 10_000);
  await shows(page, "delivery", 0.001, 10_000);
  await at(page, "list-refusals").getByText("content_too_long").waitFor();
  await page.locator('[data-testid="card-messages"] .line.first[d*="L"]').waitFor({ state: "attached" });
  return widget;
}

async function pointsAtAChart(page) {
  next("pointing at a chart tells the moment");
  const chart = at(page, "card-messages").locator(".plot");
  await chart.hover({ position: { x: (await chart.boundingBox()).width - 12, y: 20 } });
  await at(page, "card-memory").getByText(/^\d\d:\d\d:\d\d$/).waitFor();
  await page.mouse.move(2, 2);
}

async function outlivesAnOutage(page) {
  next("a server that is gone is said to be gone, and comes back");
  await expecting(/ERR_INTERNET_DISCONNECTED/, async () => {
    await page.context().setOffline(true);
    await page.locator('[data-testid="state"][data-state="lost"]').waitFor();
    await page.getByText(/does not answer\. Trying again in \d+ s/).waitFor();
    await shoot(page, "lost");
    await at(page, "again").click();
    await page.getByText(/Trying again in \d+ s/).waitFor();
    await page.context().setOffline(false);
    await isReady(page);
  });
  check(await at(page, "trouble").isHidden(), "the trouble is over and still told");
}

async function keepsTheSecretToTheTab(browser, page) {
  next("a reload keeps the board, another tab does not have it, signing out ends it");
  await page.reload();
  await isReady(page);
  const other = await opened(browser, "/admin/");
  await at(other, "gate").waitFor();
  await shoot(other, "gate");
  await other.context().close();
  await at(page, "leave").click();
  await at(page, "gate").waitFor();
  check((await page.evaluate(() => sessionStorage.length + localStorage.length + document.cookie.length)) === 0, "something is kept");
}

async function fitsAPhoneAndTheDark(browser) {
  next("a token with the admin role opens the board on a phone");
  const phone = await opened(browser, "/admin/", { viewport: PHONE, hasTouch: true, isMobile: true });
  await signsIn(phone, adminToken);
  await isReady(phone);
  await shows(phone, "messages", 0.1, 1000);
  await shoot(phone, "phone", { fullPage: true });
  await phone.setViewportSize(NARROWEST);
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= NARROWEST.width, `the page is ${wide} pixels wide`);
  await phone.context().close();
  next("the dark board");
  const dark = await opened(browser, "/admin/", { colorScheme: "dark", reducedMotion: "reduce" });
  await signsIn(dark, secret);
  await isReady(dark);
  await shows(dark, "messages", 0.1, 1000);
  await shoot(dark, "dark", { fullPage: true });
  await dark.context().close();
}

async function run(browser) {
  next("open the page");
  const page = await opened(browser, "/admin/");
  await at(page, "gate").waitFor();
  await isTurnedAway(page);
  const widget = await seesFiguresMove(browser, page);
  await pointsAtAChart(page);
  await outlivesAnOutage(page);
  await shoot(page, "light", { fullPage: true });
  await fitsAPhoneAndTheDark(browser);
  next("a widget that leaves is gone from the board");
  await widget.evaluate(() => window.hangUp());
  await shows(page, "connections", 0, 0);
  await keepsTheSecretToTheTab(browser, page);
  return {};
}

await stage(run, base, shots);
