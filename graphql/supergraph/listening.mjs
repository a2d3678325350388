// A server on loopback.
import { once } from "node:events";

/** Let a server listen, on a free port if none is given, and give its address. */
export async function listening(server, port = 0) {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}
