// graphql-js, the reference implementation, reads the hub's schema in both forms it comes in.
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
  validateSchema,
} from "graphql";
import { given, report } from "./exchange.mjs";

const EVERYTHING = {
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

async function introspected() {
  const answer = await fetch(`${given.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${given.token}`, "content-type": "application/json" },
    body: JSON.stringify({ query: getIntrospectionQuery(EVERYTHING) }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors[0].message);
  return buildClientSchema(data);
}

const printed = (schema) => printSchema(lexicographicSortSchema(schema));
const messages = (errors) => errors.map((error) => error.message);

const sdl = await (await fetch(`${given.url}/schema.graphql`)).text();
const schema = buildSchema(sdl);
report({
  schemaErrors: messages(validateSchema(schema)),
  questionErrors: given.questions.map((question) => messages(validate(schema, parse(question)))),
  fromSdl: printed(schema),
  fromIntrospection: printed(await introspected()),
});
