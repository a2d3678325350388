// A real browser signs a person in at oidc-provider, asks in their session, and signs out.
import { chromium } from "playwright-core";
import { given, report } from "./exchange.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
const addresses = [];
page.on("request", (request) => request.isNavigationRequest() && addresses.push(request.url()));

const run = page.getByRole("button", { name: /^Execute query/ });
const banner = page.getByRole("banner");
const photograph = (name) => page.screenshot({ path: `${given.folder}/${name}.png` });

async function answerWith(word) {
  await run.click();
  const shown = page.locator(".graphiql-response .CodeMirror", { hasText: word });
  return JSON.parse(await shown.evaluate((editor) => editor.CodeMirror.getValue()));
}

await page.goto(`${given.url}/graphql`);
await page.getByRole("link", { name: "Sign in" }).click();
await page.locator("input[name=login]").fill(given.person);
await page.locator("input[name=password]").fill("any");
await page.locator("button[type=submit]").click();
await page.locator("button[type=submit]").click();
await run.waitFor();
await photograph("signed-in");
const shown = await banner.innerText();
const unstated = await answerWith("PURPOSE_REQUIRED");
await banner.getByRole("combobox").selectOption(given.purpose);
const answer = await answerWith("totalCount");
await photograph("answered");
const cookies = await context.cookies();
const scripts = await page.evaluate(() => document.cookie);

await banner.getByRole("button", { name: "Sign out" }).click();
await page.getByRole("link", { name: "Sign in" }).waitFor();
const after = await page.evaluate(async () => (await fetch("/session")).json());
const kept = await context.cookies(given.url);
await browser.close();
report({ addresses, shown, unstated, answer, cookies, scripts, after, kept });
