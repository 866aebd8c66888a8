-- What is in a parcel. Those of an order share its units among them.
CREATE TABLE delivery_items (
    delivery_id TEXT COLLATE "C" NOT NULL REFERENCES deliveries (id),
    line_id TEXT COLLATE "C" NOT NULL REFERENCES order_lines (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (delivery_id, line_id)
);
CREATE INDEX delivery_items_line_id ON delivery_items (line_id);
INSERT INTO delivery_items (delivery_id, line_id, quantity)
SELECT d.id, l.id, l.quantity FROM deliveries d JOIN order_lines l ON l.order_id = d.order_id;

-- Units that have left in some parcel: never more than were bought, whoever ships them.
ALTER TABLE order_lines ADD COLUMN shipped BIGINT NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity);
UPDATE order_lines SET shipped = quantity
WHERE order_id IN (SELECT order_id FROM deliveries WHERE tracking_number IS NOT NULL);

-- It will never arrive, and its units are the shop's again.
ALTER TABLE deliveries ADD COLUMN is_called_off BOOLEAN NOT NULL DEFAULT FALSE;
-- How often it was not delivered though somebody was at the door with it.
ALTER TABLE deliveries ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- How many stops on its way the simulated courier has told of.
ALTER TABLE deliveries ADD COLUMN stops INTEGER NOT NULL DEFAULT 0;
