DROP TABLE epochs;
DROP TABLE feed;
DROP TABLE outbox;
DROP TABLE events;
