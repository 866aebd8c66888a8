DROP TABLE image_sizes;
