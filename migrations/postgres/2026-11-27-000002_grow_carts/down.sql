-- What was held is free again.
UPDATE stock SET version = version + 1, reserved = reserved - (SELECT coalesce(sum(held), 0) FROM cart_items WHERE variant_id = stock.variant_id)
WHERE variant_id IN (SELECT variant_id FROM cart_items WHERE held > 0);
ALTER TABLE cart_items DROP COLUMN held;
DROP INDEX carts_held_until;
ALTER TABLE carts DROP COLUMN held_until;
ALTER TABLE carts DROP COLUMN codes;
