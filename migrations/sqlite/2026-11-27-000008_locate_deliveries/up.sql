-- Where a parcel was last said to be, as JSON.
ALTER TABLE deliveries ADD COLUMN location TEXT;
