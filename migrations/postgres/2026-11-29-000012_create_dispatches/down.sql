DROP TABLE push_keys;
DROP TABLE dispatches;
