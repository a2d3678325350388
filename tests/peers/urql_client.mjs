// urql, a client as applications use it, asks a question page by page.
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { given, report } from "./exchange.mjs";

const client = new Client({
  url: `${given.url}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${given.token}` } },
  ...given.options,
});

async function* pages() {
  let after = null;
  do {
    const { data, error } = await client.query(given.question, { ...given.variables, after });
    if (error) throw error;
    yield data.supplyNotices;
    after = data.supplyNotices.pageInfo.hasNextPage ? data.supplyNotices.pageInfo.endCursor : null;
  } while (after);
}

const seen = { pages: [], refused: null };
try {
  for await (const page of pages()) seen.pages.push(page);
} catch (error) {
  seen.refused = error.message;
}
report(seen);
