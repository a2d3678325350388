"use strict";

const QUESTION = `# What is short, and who answers for it
query WhatIsShort {
  supplyNotices(
    first: 10
    filter: {status: {eq: ONGOING}}
  ) {
    totalCount
    nodes {
      origin
      title
      availability
      reasonText
      holder { name country }
      product {
        name
        ingredients { substance { inn } }
      }
    }
  }
}
`;

const HEADERS = JSON.stringify({ Authorization: "Bearer PASTE_YOUR_TOKEN_HERE" }, null, 2);

// GraphiQL's history keeps each question's headers, whatever `shouldPersistHeaders` says: the token
// would stay on the machine.
const storage = GraphiQL.createLocalStorage({ namespace: "hub" });
const { setItem } = storage;
storage.setItem = (key, value) =>
  setItem(key, /:(queries|favorites)$/.test(key) ? withoutToken(value) : value);

function withoutToken(history) {
  const kept = (name, value) => (name === "headers" ? HEADERS : value);
  return JSON.stringify(JSON.parse(history), kept);
}

// The schema is public, so that one may read and write questions before one has a token.
async function schema() {
  const answer = await fetch("/schema.graphql");
  if (!answer.ok) throw new Error(`the hub answers ${answer.status}`);
  return GraphiQL.GraphQL.buildSchema(await answer.text());
}

async function open(place) {
  const editor = React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    schema: await schema(),
    storage,
    defaultQuery: QUESTION,
    defaultHeaders: HEADERS,
    shouldPersistHeaders: false,
  });
  ReactDOM.createRoot(place).render(editor);
}

const place = document.getElementById("graphiql");
open(place).catch((error) => {
  place.textContent = `The query editor did not open (${error.message}): reload the page.`;
});
