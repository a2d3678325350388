// Subgraphs into a supergraph.
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

/**
 * Compose subgraphs, each `{ name, url, sdl }`, and give the supergraph's SDL.
 *
 * Throws what does not fit together.
 */
export function compose(subgraphs) {
  const composed = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (composed.errors?.length) {
    throw new AggregateError(
      composed.errors,
      composed.errors.map((error) => error.message).join("\n"),
    );
  }
  return composed.supergraphSdl;
}
