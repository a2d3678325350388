// Hive Gateway over a supergraph.
import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway";
import { listening } from "./listening.mjs";

// What tells the hub who asks, and for what purpose.
const CREDENTIALS = ["authorization", "hub-purpose"];

/**
 * Serve a supergraph, and give its address.
 *
 * A caller's credentials go to the subgraph named `trusted` alone: no other member may act in the
 * caller's name.
 */
export async function startRouter(supergraph, { port, path = "/graphql", trusted }) {
  const gateway = createGatewayRuntime({
    supergraph,
    graphqlEndpoint: path,
    landingPage: false,
    logging: "warn",
    maskedErrors: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request, subgraphName }) =>
        subgraphName === trusted ? credentials(request.headers) : {},
    },
    // The hub keeps a record of each answer: none may be shared among those who wait for it.
    transportEntries: { "*.http": { options: { deduplicateInflightRequests: false } } },
  });
  return (await listening(createServer(gateway), port)) + path;
}

function credentials(headers) {
  const given = CREDENTIALS.map((name) => [name, headers.get(name)]);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}
