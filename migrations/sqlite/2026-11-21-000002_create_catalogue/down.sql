DROP TABLE product_images;
DROP TABLE images;
DROP TABLE stock_ledger;
DROP TABLE stock;
DROP TABLE variants;
DROP TABLE products;
DROP TABLE categories;
