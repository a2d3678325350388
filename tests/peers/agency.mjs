// oauth4webapi as an agency's program: a token by `private_key_jwt`, bound by DPoP where asked, and
// with it each of the questions given.
import * as oauth from "oauth4webapi";
import { given, report } from "./exchange.mjs";

const LOOPBACK = { [oauth.allowInsecureRequests]: true };

const client = { client_id: given.client };
const proofs = given.bound ? oauth.DPoP(client, await oauth.generateKeyPair("ES256")) : undefined;

async function imported(jwk) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return { key: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]), kid: jwk.kid };
}

// A server may answer once with a nonce to be used from then on.
async function withNonce(ask) {
  try {
    return await ask();
  } catch (error) {
    if (!proofs || !oauth.isDPoPNonceError(error)) throw error;
    return await ask();
  }
}

async function grant(server, authentication) {
  const options = { ...LOOPBACK, DPoP: proofs };
  const answer = await oauth.clientCredentialsGrantRequest(
    server, client, authentication, given.parameters, options,
  );
  return await oauth.processClientCredentialsResponse(server, client, answer);
}

async function asked(token, { query, purpose }) {
  const headers = new Headers({ "content-type": "application/json" });
  if (purpose) headers.set("hub-purpose", purpose);
  try {
    const answer = await withNonce(() => oauth.protectedResourceRequest(
      token, "POST", new URL(`${given.url}/graphql`), headers, JSON.stringify({ query }),
      { ...LOOPBACK, DPoP: proofs },
    ));
    return { status: answer.status, body: await answer.json() };
  } catch (error) {
    return { refused: error.cause?.map?.((challenge) => challenge.parameters) ?? error.message };
  }
}

const issuer = new URL(given.issuer);
const found = await oauth.discoveryRequest(issuer, { ...LOOPBACK, algorithm: given.discovery });
const server = await oauth.processDiscoveryResponse(issuer, found);
const authentication = oauth.PrivateKeyJwt(await imported(given.key));
const token = await withNonce(() => grant(server, authentication));
const answers = [];
for (const question of given.questions) answers.push(await asked(token.access_token, question));
report({ token, answers });
