DROP TABLE tariffs;
DROP TABLE redemptions;
DROP TABLE promotions;
