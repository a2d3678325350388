// Apollo's compatibility tests, on a products subgraph whose address is given.
//
// The tests, the users and the inventory subgraph are the package's own. Composition and router are
// those of `graphql/supergraph`: Apollo's come from no package registry. The ports are the package's.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compose } from "../../graphql/supergraph/compose.mjs";
import { startRouter } from "../../graphql/supergraph/router.mjs";
import { given, report } from "./exchange.mjs";

const PORTS = { router: 4000, users: 4002, inventory: 4003 };

const require = createRequire(import.meta.url);
const { runJest, TESTS } = require("@apollo/federation-subgraph-compatibility-tests/dist/testRunner");
const SUBGRAPHS = join(
  dirname(require.resolve("@apollo/federation-subgraph-compatibility-tests")),
  "subgraphs",
);

async function start(name) {
  const process = fork("index.js", { cwd: join(SUBGRAPHS, name), silent: true });
  await once(process, "message");
  return process;
}

async function sdlOf(url) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ _service { sdl } }" }),
  });
  return (await answer.json()).data._service.sdl;
}

const local = async (name) => ({
  name,
  url: `http://localhost:${PORTS[name]}/`,
  sdl: await readFile(join(SUBGRAPHS, name, `${name}.graphql`), "utf8"),
});

const started = await Promise.all(["users", "inventory"].map(start));
const supergraph = compose([
  { name: "products", url: given.products, sdl: await sdlOf(given.products) },
  await local("users"),
  await local("inventory"),
]);
await startRouter(supergraph, { port: PORTS.router, path: "/" });
const { assertions, assertionPassed } = await runJest(given.products);
for (const process of started) process.kill();
report({
  passed: Object.fromEntries(TESTS.map(({ assertion }) => [assertion, assertionPassed(assertion)])),
  run: assertions.length,
  failures: assertions.flatMap((each) => each.failureMessages),
});
process.exit();
