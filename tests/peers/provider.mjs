// oidc-provider as a member's own identity provider: tokens for programs, and people signing in.
// Told who it is on standard input, it says so when it is ready and serves until it is ended.
import Provider from "oidc-provider";
import { given } from "./exchange.mjs";

const provider = new Provider(given.issuer, {
  jwks: { keys: given.keys },
  clients: given.clients.map((client) => ({
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    ...client,
  })),
  scopes: ["openid", ...given.purposes],
  clientAuthMethods: ["private_key_jwt"],
  enabledJWA: { idTokenSigningAlgValues: ["ES256", "PS256"] },
  extraTokenClaims: () => given.claims,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...given.claims }) }),
  claims: { openid: ["sub", ...Object.keys(given.claims)] },
  conformIdTokenClaims: false,
  cookies: { keys: ["of no use beyond this run"] },
  features: {
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    devInteractions: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        audience: resource,
        scope: given.purposes.join(" "),
        accessTokenFormat: "jwt",
        accessTokenTTL: 600,
        jwt: { sign: { alg: given.algorithm } },
      }),
    },
  },
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(new URL(given.issuer).port, "127.0.0.1", () => console.log("ready"));
