// `node run.mjs --hub URL [--port N]`: the hub and two example members behind one router.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { compose } from "./compose.mjs";
import { startMembers } from "./members.mjs";
import { startRouter } from "./router.mjs";

const { values } = parseArgs({
  options: {
    hub: { type: "string", default: "http://127.0.0.1:8000/graphql" },
    port: { type: "string", default: "4000" },
  },
});

await fetch(values.hub).catch(() => {
  console.error(`no hub answers at ${values.hub}: start one by "make demo", or name it by --hub`);
  process.exit(1);
});
const sdl = await readFile(new URL("../schema.graphql", import.meta.url), "utf8");
const supergraph = compose([{ name: "hub", url: values.hub, sdl }, ...(await startMembers())]);
const url = await startRouter(supergraph, { port: Number(values.port), trusted: "hub" });
console.log(`supergraph at ${url}, over the hub at ${values.hub}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit());
