// Plays two people on the demo page in a real browser and checks what each of them sees.
// Usage: node demo.mjs <base-url> <screenshot-dir>; the last line says {"ok":true,…} or {"ok":false,"failed":…}.
import { NARROWEST, PHONE, check, extensions, next, opened, shoot, stage } from "./stage.mjs";

const [base, shots] = process.argv.slice(2);
if (!base || !shots) {
  process.stderr.write("usage: node demo.mjs <base-url> <screenshot-dir>\n");
  process.exit(2);
}

/** One half of the page, spoken of as a person. */
function person(page, side) {
  const root = page.locator(`[data-side="${side}"]`);
  const at = (testid) => root.getByTestId(testid);
  return {
    root,
    at,
    connects: () => root.locator('[data-testid="state"][data-state="open"]').waitFor(),
    writes: (text) => at("composer").fill(text),
    async says(text) {
      await at("composer").fill(text);
      await at("send").click();
    },
    sees: (text) => at("text").getByText(text, { exact: true }).waitFor(),
    seesTyping: (isTyping) => root.locator(`[data-testid="typing"][data-typing="${isTyping}"]`).waitFor(),
    hasReached: (text, ...states) =>
      at("message").filter({ hasText: text }).locator(states.map((state) => `[data-status="${state}"]`).join(", ")).waitFor({ state: "attached" }),
    seqs: () => at("message").evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq))),
    texts: () => at("text").allTextContents(),
    figure: async (testid) => Number(await at(testid).textContent()),
  };
}

async function both(browser, options) {
  const page = await opened(browser, "/demo/", options);
  const visitor = person(page, "visitor");
  const agent = person(page, "agent");
  return { page, visitor, agent };
}

async function talks({ visitor, agent }) {
  next("both sides connect");
  await visitor.connects();
  await agent.connects();
  next("the agent sees the visitor's message");
  await visitor.says("hello from the visitor");
  await agent.sees("hello from the visitor");
  next("the visitor sees the agent's message");
  await agent.says("hello from the agent");
  await visitor.sees("hello from the agent");
  next("messages are delivered, then read");
  await visitor.hasReached("hello from the visitor", "delivered", "read");
  await visitor.hasReached("hello from the visitor", "read");
  await agent.hasReached("hello from the agent", "read");
}

async function types({ visitor, agent }) {
  next("the agent sees that the visitor types");
  await visitor.writes("let me th");
  await agent.seesTyping(true);
  check((await visitor.at("typing").getAttribute("data-typing")) === "false", "the visitor was shown their own typing");
  next("typing ends when the message is sent");
  await visitor.says("let me think");
  await agent.seesTyping(false);
  await agent.sees("let me think");
}

async function catchesUp({ page, visitor, agent }) {
  next("the visitor's connection is dropped");
  const reconnects = await visitor.figure("reconnects");
  await visitor.at("drop").click();
  await visitor.root.locator('[data-testid="state"][data-state="waiting"]').waitFor();
  next("both sides write while the visitor is away");
  for (const text of ["are you there?", "I found your order", "it ships today"]) await agent.says(text);
  await agent.sees("it ships today");
  await visitor.says("written while away");
  await visitor.hasReached("written while away", "sending");
  check(!(await visitor.texts()).includes("it ships today"), "the visitor heard something while away");
  await shoot(page, "desktop-away");
  next("the visitor comes back and catches up");
  await visitor.connects();
  for (const text of ["are you there?", "I found your order", "it ships today"]) await visitor.sees(text);
  await agent.sees("written while away");
  await visitor.hasReached("written while away", "read");
  check((await visitor.figure("reconnects")) === reconnects + 1, "the visitor did not reconnect exactly once");
  await agree(visitor, agent);
}

/** Every message once, in the same order, with no number left out between the first and the last. */
async function agree(visitor, agent) {
  next("both sides hold the same messages");
  const [seqs, others] = [await visitor.seqs(), await agent.seqs()];
  check(seqs.join() === others.join(), `the sides differ: ${seqs} and ${others}`);
  check((await visitor.texts()).join("\n") === (await agent.texts()).join("\n"), "the texts differ");
  seqs.slice(1).forEach((seq, index) => check(seq === seqs[index] + 1, `not one after the other: ${seqs}`));
  const heads = [await visitor.figure("seq"), await agent.figure("seq")];
  check(heads.every((head) => head === seqs.at(-1)), `the last seq is ${heads}, the last message ${seqs.at(-1)}`);
}

async function usesTheKeyboard({ page, visitor, agent }) {
  next("the keyboard alone is enough");
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Tab");
  await tabTo(page, '[data-side="visitor"] [data-testid="composer"]');
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await agent.sees("first line\nsecond line");
  check((await visitor.at("composer").inputValue()) === "", "the composer was not emptied");
  await tabTo(page, '[data-side="agent"] [data-testid="composer"]');
  await page.keyboard.type("sent with the button");
  await tabTo(page, '[data-side="agent"] [data-testid="send"]');
  await page.keyboard.press("Enter");
  await visitor.sees("sent with the button");
}

async function talksCompressed({ visitor, agent }) {
  next("long messages come through compressed, both ways");
  const long = "a long story, told again and again; ".repeat(60).trim();
  await visitor.says(long);
  await agent.sees(long);
  await agent.says(`and ${long}`);
  await visitor.sees(`and ${long}`);
  const agreed = extensions.every((answer) => answer.startsWith("permessage-deflate"));
  check(extensions.length > 1 && agreed, `the broker answered ${extensions.join(" | ")}`);
}

async function tabTo(page, selector) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      return check(outline !== "none", `no visible focus on ${selector}`);
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${selector}`);
}

async function staysText({ page, visitor, agent }) {
  next("markup in a message stays text");
  const nasty = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>bold</b>';
  await visitor.says(nasty);
  await agent.sees(nasty);
  check((await page.locator('[data-testid="log"] :is(img, script, b)').count()) === 0, "markup became elements");
  check((await page.evaluate(() => window.hacked)) === undefined, "markup ran");
}

async function keepsSecrets({ page }) {
  next("no token is on the page");
  const tokens = await page.locator(".alone").evaluateAll((links) => links.map((link) => link.hash.split("=").slice(1).join("=")));
  check(tokens.length === 2 && tokens.every(Boolean), "the links to one side are missing");
  const text = await page.locator("body").innerText();
  const frames = (await page.getByTestId("frames").allTextContents()).join();
  check(!tokens.some((token) => text.includes(token) || frames.includes(token)), "a token is shown");
  return tokens;
}

async function opensOneSide(browser, token) {
  next("a link opens one side alone");
  const page = await opened(browser, `/demo/#agent=${token}`);
  const agent = person(page, "agent");
  await agent.connects();
  await agent.sees("hello from the visitor");
  check((await page.locator("[data-side]").count()) === 1, "the other side is shown too");
  check(!page.url().includes(token), "the token stayed in the address bar");
  await shoot(page, "desktop-one-side");
  await page.context().close();
}

async function fitsAPhone(browser) {
  next("the page fits a phone");
  const phone = await both(browser, { viewport: PHONE, hasTouch: true, isMobile: true });
  await phone.visitor.connects();
  await phone.visitor.says("hello from the visitor");
  await phone.visitor.hasReached("hello from the visitor", "delivered");
  await phone.page.locator('[data-tab="agent"] .unread:not([hidden])').waitFor();
  await shoot(phone.page, "phone-visitor");
  await phone.page.locator('[data-tab="agent"]').click();
  await phone.agent.sees("hello from the visitor");
  await phone.agent.says("hello from the agent");
  await phone.visitor.hasReached("hello from the visitor", "read");
  await shoot(phone.page, "phone-agent");
  await phone.page.locator('[data-tab="visitor"]').click();
  await phone.visitor.sees("hello from the agent");
  await phone.agent.hasReached("hello from the agent", "read");
  next("nothing overflows at 360 pixels");
  await phone.page.setViewportSize(NARROWEST);
  await phone.visitor.root.locator("summary").click();
  const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= NARROWEST.width, `the page is ${wide} pixels wide`);
  check(await phone.visitor.at("send").isVisible(), "the send button is not visible");
  await shoot(phone.page, "phone-360-hood");
  await phone.page.context().close();
}

async function isLegibleInTheDark(browser) {
  next("the dark page");
  const dark = await both(browser, { colorScheme: "dark", reducedMotion: "reduce" });
  await talks(dark);
  await dark.agent.writes("one moment");
  await dark.visitor.seesTyping(true);
  await shoot(dark.page, "dark");
  const moving = await dark.page.evaluate(() => document.getAnimations().length);
  check(moving === 0, "something moves although the person asked for less motion");
  await dark.page.context().close();
}

async function run(browser) {
  next("open the demo");
  const desktop = await both(browser);
  await talks(desktop);
  await types(desktop);
  await desktop.agent.writes("I am looking");
  await desktop.visitor.seesTyping(true);
  await shoot(desktop.page, "desktop");
  await catchesUp(desktop);
  await usesTheKeyboard(desktop);
  await staysText(desktop);
  await agree(desktop.visitor, desktop.agent);
  await shoot(desktop.page, "desktop-later");
  await talksCompressed(desktop);
  const tokens = await keepsSecrets(desktop);
  await opensOneSide(browser, tokens[1]);
  await fitsAPhone(browser);
  await isLegibleInTheDark(browser);
  return { messages: (await desktop.visitor.seqs()).length };
}

await stage(run, base, shots);
