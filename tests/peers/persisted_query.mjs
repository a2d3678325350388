// urql asks by digests, as its persisted exchange does, and says what it sent.
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { given, report } from "./exchange.mjs";

const sent = [];

async function watched(url, options) {
  const answer = await fetch(url, options);
  const asked = options.body ? JSON.parse(options.body) : Object.fromEntries(new URL(url).searchParams);
  sent.push({ method: options.method, hasText: Boolean(asked.query) });
  return answer;
}

const generateHash = given.digest ? async () => given.digest : undefined;
const client = new Client({
  url: `${given.url}/graphql`,
  exchanges: [persistedExchange({ generateHash }), fetchExchange],
  fetch: watched,
  fetchOptions: { headers: { authorization: `Bearer ${given.token}` } },
});
const { data, error } = await client.query(given.question, {});
report({ data, refused: error?.message ?? null, sent });
