// What a router of `graphql/supergraph` sends to each subgraph of what its caller sent.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { compose } from "../../graphql/supergraph/compose.mjs";
import { listening } from "../../graphql/supergraph/listening.mjs";
import { startRouter } from "../../graphql/supergraph/router.mjs";
import { given, report } from "./exchange.mjs";

const seen = {};

async function start(name) {
  const server = createServer(async (request, response) => {
    await json(request);
    seen[name] = Object.keys(request.headers);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ data: { [name]: "answered" } }));
  });
  return { name, url: await listening(server), sdl: `type Query { ${name}: String }` };
}

const supergraph = compose(await Promise.all(["hub", "other"].map(start)));
const url = await startRouter(supergraph, { trusted: "hub" });
const answer = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json", ...given.headers },
  body: JSON.stringify({ query: "{ hub other }" }),
});
report({ answer: await answer.json(), seen });
process.exit();
