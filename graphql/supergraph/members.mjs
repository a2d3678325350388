// The example members' own subgraphs, as small servers.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { createYoga } from "graphql-yoga";
import { listening } from "./listening.mjs";

const FOLDER = new URL("../subgraphs/", import.meta.url);
const NAMES = ["formulary", "hospital-stock"];

/** Serve the example subgraphs, and give what is composed of each. */
export function startMembers() {
  return Promise.all(NAMES.map(startMember));
}

async function startMember(name) {
  const sdl = await readFile(new URL(`${name}.graphql`, FOLDER), "utf8");
  const { resolvers } = await import(new URL(`${name}.mjs`, FOLDER));
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  const yoga = createYoga({ schema, graphiql: false, logging: "warn" });
  return { name, sdl, url: `${await listening(createServer(yoga))}/graphql` };
}
