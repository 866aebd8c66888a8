-- What nobody has said any more counts no more; versions only rise.
UPDATE ratings SET ones = 0, twos = 0, threes = 0, fours = 0, fives = 0, version = version + 1;
DROP TABLE reviews;
