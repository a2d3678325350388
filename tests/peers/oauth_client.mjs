// oauth4webapi finds the hub, its issuer and its keys, and judges tokens as a resource would.
import * as oauth from "oauth4webapi";
import { given, report } from "./exchange.mjs";

const LOOPBACK = { [oauth.allowInsecureRequests]: true };

async function discovered(address) {
  const found = await oauth.resourceDiscoveryRequest(address, LOOPBACK);
  const resource = await oauth.processResourceDiscoveryResponse(address, found);
  const issuer = new URL(resource.authorization_servers[0]);
  const answer = await oauth.discoveryRequest(issuer, { ...LOOPBACK, algorithm: "oauth2" });
  return [resource, await oauth.processDiscoveryResponse(issuer, answer)];
}

async function judged(token) {
  const headers = { authorization: `Bearer ${token}` };
  const request = new Request(`${given.url}/graphql`, { headers });
  try {
    return await oauth.validateJwtAccessToken(server, request, resource.resource, LOOPBACK);
  } catch (error) {
    return { refused: error.message };
  }
}

const [resource, server] = await discovered(new URL(given.url));
report({ resource, server, judged: await Promise.all(given.tokens.map(judged)) });
