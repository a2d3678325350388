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
];

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const requests = [];
const errors = [];
page.on("request", (request) => requests.push(request.url()));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(error.message));

const run = page.getByRole("button", { name: /^Execute query/ });
const headers = page.locator(".graphiql-editor-tool");
const photograph = (name) => page.screenshot({ path: `${given.folder}/${name}.png` });

async function asked(word) {
  await run.click();
  const answer = page.locator(".graphiql-response .CodeMirror", { hasText: word });
  return JSON.parse(await answer.evaluate((editor) => editor.CodeMirror.getValue()));
}

await page.goto(`${given.url}/graphql`);
await run.waitFor();
const hint = await page.getByRole("banner").innerText();
await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
const documentation = await page.locator(".graphiql-plugin").innerText();
await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
await photograph("opened");

await headers.getByText("PASTE_YOUR_TOKEN_HERE").dblclick();
await page.keyboard.insertText(given.token);
const data = await asked("totalCount");
await photograph("answered");
const errorsBeforeMistake = [...errors];

await headers.getByText("Bearer").click();
await page.keyboard.press("Control+A");
await page.keyboard.insertText(JSON.stringify({ Authorization: `Bearer ${given.wrongToken}` }));
const refusal = await asked("UNAUTHENTICATED");
await photograph("refused");

const stored = await page.evaluate(() => JSON.stringify(localStorage));
await browser.close();
report({ requests, errors: errorsBeforeMistake, hint, documentation, data, refusal, stored });
