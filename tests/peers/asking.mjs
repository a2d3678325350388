// A program that asks one question with a token it was given.
import { given, report } from "./exchange.mjs";

const { query, purpose } = given.question;
const headers = {
  authorization: `Bearer ${given.token}`,
  "content-type": "application/json",
  "hub-purpose": purpose,
};
const request = { method: "POST", headers, body: JSON.stringify({ query }) };
const answer = await fetch(`${given.url}/graphql`, request);
report({ status: answer.status, body: await answer.json() });
