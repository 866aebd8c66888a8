-- A page of the ledger is read by key, however long it is.
DROP INDEX stock_ledger_variant_id;
CREATE INDEX stock_ledger_variant_id_id ON stock_ledger (variant_id, id);
