DROP INDEX stock_ledger_variant_id_id;
CREATE INDEX stock_ledger_variant_id ON stock_ledger (variant_id);
