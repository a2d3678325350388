// EXAMPLE DATA: no hospital counted this. The keys are those of the demo.
const COUNTED_ON = "2026-03-02";
const STOCKS = [
  ["1", "Example General Hospital", 3, "KR.Product.200605327", "KR.StockReport.2024000025"],
  ["2", "Example General Hospital", 12, "KR.Product.198400093", "KR.StockReport.2024000040"],
  ["3", "Example Children's Hospital", 4, "KR.Product.198400093", "KR.StockReport.2024000040"],
  ["4", "Example Children's Hospital", 30, "KR.Product.200506218", null],
].map(([id, hospital, units, product, report]) => ({
  id,
  hospital,
  countedOn: COUNTED_ON,
  units,
  product: { key: product },
  filedIn: report && { key: report },
}));

export const resolvers = {
  Query: { hospitalStocks: () => STOCKS },
  HospitalStock: {
    __resolveReference: ({ id }) => STOCKS.find((stock) => stock.id === id) ?? null,
  },
  Product: {
    __resolveReference: ({ key }) => ({ key }),
    hospitalStocks: ({ key }) => STOCKS.filter((stock) => stock.product.key === key),
  },
};
