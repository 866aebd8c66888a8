DROP TABLE idempotency_keys;
DROP TABLE deliveries;
DROP TABLE payment_ledger;
DROP TABLE payments;
DROP TABLE order_lines;
DROP TABLE orders;
