// Plays two people on the page of the rooms dialect in a real browser, on a bare WebSocket.
// Usage: node rooms.mjs <base-url> <screenshot-dir>; the last line says {"ok":true,…} or {"ok":false,"failed":…}.
import { PHONE, check, next, opened, shoot, stage } from "./stage.mjs";

const [base, shots] = process.argv.slice(2);
if (!base || !shots) {
  process.stderr.write("usage: node rooms.mjs <base-url> <screenshot-dir>\n");
  process.exit(2);
}

async function person(browser, name, options) {
  const page = await opened(browser, "/rooms/", options);
  await page.getByText("in roomChatTest").waitFor();
  await page.getByLabel("Name").fill(name);
  return {
    page,
    async says(text) {
      await page.getByLabel("Message").fill(text);
      await page.getByLabel("Message").press("Enter");
    },
    sees: (text) => page.locator("li").filter({ hasText: text }).waitFor(),
  };
}

async function run(browser) {
  next("two people come to the page");
  const ana = await person(browser, "Ana");
  const bob = await person(browser, "Bob", { viewport: PHONE });
  next("both see what each says, with who said it and which node took it");
  await ana.says("oi <b>Bob</b>");
  await bob.says("oi Ana");
  for (const { page, sees } of [ana, bob]) {
    await sees("Ana oi <b>Bob</b>");
    await sees("Bob oi Ana");
    check((await page.locator("li small").allTextContents()).every((server) => server === "host-1"), "another node");
  }
  next("what is too long is not sent, and said so");
  await ana.page.getByLabel("Message").evaluate((input) => input.removeAttribute("maxlength"));
  await ana.says("x".repeat(4001));
  await ana.sees("content has more than 4000 characters");
  const wide = await bob.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  check(!wide, "the page is wider than a phone");
  await shoot(ana.page, "desktop");
  await shoot(bob.page, "phone");
  return {};
}

await stage(run, base, shots);
