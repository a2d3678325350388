"use strict";

const QUESTION = `# Paste a token of \`hub token\` into the Headers pane below, then run.
query WhatIsShort {
  supplyNotices(first: 10, filter: {status: {eq: ONGOING}}) {
    totalCount
    nodes {
      origin
      title
      status
      reasonText
      product { name ingredients { substance { inn } } }
      holder { name }
    }
  }
}
`;

const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: QUESTION,
    defaultHeaders: JSON.stringify({ Authorization: "Bearer " }, null, 2),
    shouldPersistHeaders: false,
  }),
);
