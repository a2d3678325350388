// EXAMPLE DATA: no country's formulary says this. The UNIIs and numbers are those of the demo.
const ENTRIES = [
  {
    code: "A02.01",
    section: "Analgesia in cancer",
    restriction: "specialist in oncology or palliative care",
    unii: "UF599785JZ",
    numbers: ["200605327"],
  },
  {
    code: "A10.04",
    section: "Long-acting insulin",
    restriction: null,
    unii: "2ZM8CX04RZ",
    numbers: ["200506218"],
  },
  {
    code: "B05.11",
    section: "Electrolytes for infusion",
    restriction: "hospital only",
    unii: "SQE6VB453K",
    numbers: ["198400093", "no-longer-authorised"],
  },
];
const ORIGIN = "KR";

const found = (test) => ENTRIES.find(test) ?? null;

export const resolvers = {
  Query: { formularyEntries: () => ENTRIES },
  FormularyEntry: {
    __resolveReference: ({ code }) => found((entry) => entry.code === code),
    substance: ({ unii }) => ({ unii }),
    products: ({ numbers }) => numbers.map((nationalId) => ({ origin: ORIGIN, nationalId })),
  },
  Substance: {
    __resolveReference: ({ unii }) => ({ unii }),
    formularyEntry: ({ unii }) => found((entry) => entry.unii === unii),
  },
  Product: {
    __resolveReference: ({ origin, nationalId }) => ({ origin, nationalId }),
    formularyEntry: ({ origin, nationalId }) =>
      origin === ORIGIN ? found((entry) => entry.numbers.includes(nationalId)) : null,
  },
};
