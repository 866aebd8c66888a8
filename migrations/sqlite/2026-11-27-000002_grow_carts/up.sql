-- The coupons that were put in, as the buyer wrote them.
ALTER TABLE carts ADD COLUMN codes TEXT NOT NULL DEFAULT '[]';
-- Until when the units of the lines are held.
ALTER TABLE carts ADD COLUMN held_until TIMESTAMP;
CREATE INDEX carts_held_until ON carts (held_until) WHERE held_until IS NOT NULL;

-- Units of the line that are reserved for this cart.
ALTER TABLE cart_items ADD COLUMN held BIGINT NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND quantity);
