-- What a team without versions would have: the current rows, and how they hang together.
CREATE SCHEMA peers;

CREATE VIEW peers.organization AS
  SELECT key, name FROM public.organization WHERE superseded_at IS NULL;
CREATE VIEW peers.substance AS
  SELECT key, inn FROM public.substance WHERE superseded_at IS NULL;
CREATE VIEW peers.product AS
  SELECT key, name FROM public.product WHERE superseded_at IS NULL;
CREATE VIEW peers.ingredient AS
  SELECT key, product_key, substance_key, native_text FROM public.ingredient
  WHERE superseded_at IS NULL;
CREATE VIEW peers.supply_notice AS
  SELECT key, origin, kind, status, title, native_status, legal_fact, reason_text, holder_key,
    product_key
  FROM public.supply_notice WHERE superseded_at IS NULL;

-- PostGraphile reads the keys of views from smart comments.
COMMENT ON VIEW peers.organization IS '@primaryKey key';
COMMENT ON VIEW peers.substance IS '@primaryKey key';
COMMENT ON VIEW peers.product IS '@primaryKey key';
COMMENT ON VIEW peers.ingredient IS E'@primaryKey key
@foreignKey (product_key) references peers.product (key)|@foreignSimpleFieldName ingredients|@behavior +list -connection
@foreignKey (substance_key) references peers.substance (key)|@fieldName substance';
COMMENT ON VIEW peers.supply_notice IS E'@primaryKey key
@foreignKey (holder_key) references peers.organization (key)|@fieldName holder
@foreignKey (product_key) references peers.product (key)|@fieldName product';
