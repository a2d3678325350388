// One JSON object in, by standard input; one out, by standard output: what the program saw.
import { json } from "node:stream/consumers";

export const given = await json(process.stdin);

export function report(seen) {
  process.stdout.write(JSON.stringify(seen));
}
