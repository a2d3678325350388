// A real browser opens the hub's page as a regulator would: looks, pastes a token, asks, errs.
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
  // A name that is looked up fails, which the console tells: no request leaves unseen.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const requests = [];
const errors = [];
page.on("request", (request) => requests.push(request.url()));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(error.message));

const run = page.getByRole("button", { name: /^Execute query/ });
const headers = page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) textarea");
const photograph = (name) => page.screenshot({ path: `${given.folder}/${name}.png` });

async function answerTo(token, word) {
  await headers.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(JSON.stringify({ Authorization: `Bearer ${token}` }));
  await run.click();
  const shown = page.locator(".graphiql-response .CodeMirror", { hasText: word });
  return JSON.parse(await shown.evaluate((editor) => editor.CodeMirror.getValue()));
}

await page.goto(`${given.url}/graphql`);
await run.waitFor();
await photograph("opened");
const hint = await page.getByRole("banner").innerText();
const placeholder = await page.locator(".graphiql-editor-tool").innerText();
await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
const documentation = await page.locator(".graphiql-plugin").innerText();
await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();

const answer = await answerTo(given.token, "totalCount");
await photograph("answered");
const errorsOfTheWay = [...errors];

const refusal = await answerTo(given.wrongToken, "UNAUTHENTICATED");
await photograph("refused");

const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
await browser.close();
report({
  requests,
  errors: errorsOfTheWay,
  hint,
  placeholder,
  documentation,
  answer,
  refusal,
  kept,
});
