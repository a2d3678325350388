// graphql-http's audits of a server, the checks that its authors publish for the specification.
import { serverAudits } from "graphql-http";
import { given, report } from "./exchange.mjs";

const fetchFn = (url, options = {}) =>
  fetch(url, {
    ...options,
    headers: { ...options.headers, authorization: `Bearer ${given.token}` },
  });

const audits = serverAudits({ url: `${given.url}/graphql`, fetchFn });
const results = [];
for (const audit of audits) results.push(await audit.fn());
report(results.map(({ id, name, status, reason }) => ({ id, name, status, reason })));
