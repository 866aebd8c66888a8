//! What lies on a desk.

use super::super::sketch::{
    Ink::{Brass, Coal, Dark, Deep, Glass, Light, Main, Metal, Pale, Paper, Shade, Shine, Wood},
    Sketch, fill, lies, line, stands,
};

pub const NOTEBOOK: Sketch = lies(
    -8,
    &[
        fill(Paper, "R206 116 254 400 10"),
        line(Shade, 3, "M454 126 L454 508"),
        line(Brass, 10, "M286 508 L286 560 L296 548 L306 560 L306 508"),
        fill(Main, "R184 108 262 404 14"),
        fill(Dark, "R184 108 44 404 12"),
        fill(Pale, "R268 188 134 84 6"),
        fill(Main, "R288 210 94 10 5"),
        fill(Main, "R288 236 64 10 5"),
        fill(Coal, "R412 106 13 408 3"),
        line(Shine, 6, "M242 128 L396 128"),
    ],
);

pub const PEN: Sketch = lies(
    42,
    &[
        fill(Main, "M293 100 Q293 62 320 62 Q347 62 347 100 L347 290 L293 290 Z"),
        fill(Brass, "R291 266 58 18 4"),
        fill(Brass, "M340 90 L354 90 L352 226 Q348 236 344 226 Z"),
        fill(Main, "M296 292 L344 292 L338 452 L302 452 Z"),
        fill(Brass, "R300 448 40 10 3"),
        fill(Coal, "M303 458 L337 458 L331 516 L309 516 Z"),
        fill(Brass, "M307 514 L333 514 L320 584 Z"),
        line(Coal, 3, "M320 540 L320 580"),
        fill(Coal, "O320 538 4 4"),
        line(Shine, 9, "M307 96 L307 440"),
        line(Main, 6, "M334 598 C356 606 366 582 384 588 C398 596 392 610 410 604"),
    ],
);

pub const PENCILS: Sketch = lies(
    0,
    &[
        fill(Wood, "M138 180 L162 96 L186 180 Z"),
        fill(Coal, "M154 124 L162 96 L170 124 Z"),
        fill(Main, "M138 180 Q150 170 162 180 Q174 170 186 180 L186 530 L138 530 Z"),
        line(Shine, 5, "M153 192 L153 498"),
        fill(Brass, "R136 504 52 14 3"),
        fill(Wood, "M218 232 L242 148 L266 232 Z"),
        fill(Coal, "M234 176 L242 148 L250 176 Z"),
        fill(Light, "M218 232 Q230 222 242 232 Q254 222 266 232 L266 530 L218 530 Z"),
        line(Shine, 5, "M233 244 L233 498"),
        fill(Brass, "R216 504 52 14 3"),
        fill(Wood, "M298 196 L322 112 L346 196 Z"),
        fill(Coal, "M314 140 L322 112 L330 140 Z"),
        fill(Dark, "M298 196 Q310 186 322 196 Q334 186 346 196 L346 530 L298 530 Z"),
        line(Shine, 5, "M313 208 L313 498"),
        fill(Brass, "R296 504 52 14 3"),
        fill(Wood, "M378 264 L402 180 L426 264 Z"),
        fill(Coal, "M394 208 L402 180 L410 208 Z"),
        fill(Pale, "M378 264 Q390 254 402 264 Q414 254 426 264 L426 530 L378 530 Z"),
        line(Shade, 5, "M393 276 L393 498"),
        fill(Brass, "R376 504 52 14 3"),
        fill(Wood, "M458 212 L482 128 L506 212 Z"),
        fill(Coal, "M474 156 L482 128 L490 156 Z"),
        fill(Deep, "M458 212 Q470 202 482 212 Q494 202 506 212 L506 530 L458 530 Z"),
        line(Shine, 5, "M473 224 L473 498"),
        fill(Brass, "R456 504 52 14 3"),
    ],
);

pub const INK: Sketch = stands(&[
    fill(
        Glass,
        "M236 264 L404 264 Q468 290 468 350 L468 480 Q468 510 438 510 L202 510 Q172 510 172 480 \
         L172 350 Q172 290 236 264 Z",
    ),
    fill(Main, "M190 350 L450 350 L450 476 Q450 496 430 496 L210 496 Q190 496 190 476 Z"),
    fill(Light, "R190 342 260 18 9"),
    line(
        Paper,
        5,
        "M236 264 L404 264 Q468 290 468 350 L468 480 Q468 510 438 510 L202 510 Q172 510 172 480 \
         L172 350 Q172 290 236 264 Z",
    ),
    fill(Coal, "R250 178 140 88 12"),
    line(
        Metal,
        4,
        "M272 190 L272 254 M296 190 L296 254 M320 190 L320 254 M344 190 L344 254 M368 190 L368 254",
    ),
    fill(Paper, "R246 378 148 92 8"),
    fill(Main, "M320 390 C340 416 346 428 336 444 Q320 460 304 444 C294 428 300 416 320 390 Z"),
    fill(Shine, "R188 306 16 150 8"),
]);

pub const CALENDAR: Sketch = stands(&[
    fill(Deep, "M168 180 L472 180 L508 510 L132 510 Z"),
    fill(Paper, "R156 176 328 318 10"),
    fill(Main, "R156 176 328 82 10"),
    fill(Paper, "R248 206 144 20 10"),
    line(
        Metal,
        9,
        "M212 158 L212 194 M262 158 L262 194 M312 158 L312 194 M362 158 L362 194 M412 158 L412 194",
    ),
    fill(
        Pale,
        "R186 282 42 38 6 R242 282 42 38 6 R298 282 42 38 6 R354 282 42 38 6 R410 282 42 38 6",
    ),
    fill(
        Pale,
        "R186 334 42 38 6 R242 334 42 38 6 R298 334 42 38 6 R354 334 42 38 6 R410 334 42 38 6",
    ),
    fill(
        Pale,
        "R186 386 42 38 6 R242 386 42 38 6 R298 386 42 38 6 R354 386 42 38 6 R410 386 42 38 6",
    ),
    fill(Pale, "R186 438 42 38 6 R242 438 42 38 6 R298 438 42 38 6"),
    fill(Main, "R298 334 42 38 6"),
    line(Main, 6, "O431 405 27 25"),
]);

pub const ENVELOPES: Sketch = lies(
    -7,
    &[
        fill(Main, "R176 106 300 330 8"),
        line(Pale, 6, "M214 150 L438 150 M214 178 L438 178 M214 206 L380 206"),
        fill(Light, "R150 262 372 250 10"),
        fill(Paper, "R126 232 372 250 10"),
        fill(Pale, "M130 476 L290 350 L334 350 L494 476 Z"),
        fill(Paper, "M128 240 Q312 420 496 240 L490 233 L134 233 Z"),
        line(Shade, 4, "M130 242 Q312 420 494 242"),
        fill(Main, "O312 342 36 36"),
        line(Light, 5, "O312 342 24 24"),
        fill(Pale, "M312 356 C294 342 298 328 312 334 C326 328 330 342 312 356 Z"),
    ],
);

pub const TAPES: Sketch = lies(
    0,
    &[
        fill(Pale, "M206 292 L538 252 L544 296 L550 330 L214 340 Z"),
        line(Main, 46, "O232 226 82 82"),
        line(Dark, 3, "O232 226 105 105"),
        line(Wood, 10, "O232 226 56 56"),
        line(Light, 46, "O408 390 82 82"),
        line(Dark, 3, "O408 390 105 105"),
        line(Wood, 10, "O408 390 56 56"),
        line(Dark, 40, "O214 448 62 62"),
        line(Deep, 3, "O214 448 82 82"),
        line(Wood, 10, "O214 448 39 39"),
        fill(
            Paper,
            "O232 144 8 8 O314 226 8 8 O232 308 8 8 O150 226 8 8 O290 168 8 8 O174 168 8 8 \
             O290 284 8 8 O174 284 8 8",
        ),
        line(
            Paper,
            6,
            "M398 292 L398 324 M418 292 L418 324 M398 456 L398 488 M418 456 L418 488 \
             M310 380 L342 380 M310 400 L342 400 M474 380 L506 380 M474 400 L506 400",
        ),
    ],
);

pub const SCISSORS: Sketch = lies(
    16,
    &[
        line(Main, 28, "O236 476 50 74"),
        line(Main, 28, "O404 476 50 74"),
        fill(Metal, "M258 412 L362 90 Q380 74 384 104 L310 436 L274 440 Z"),
        fill(Metal, "M382 412 L278 90 Q260 74 256 104 L330 436 L366 440 Z"),
        fill(Main, "M250 416 Q280 380 300 350 L326 366 L296 440 Z"),
        fill(Main, "M390 416 Q360 380 340 350 L314 366 L344 440 Z"),
        fill(Brass, "O320 338 17 17"),
        line(Coal, 4, "M312 346 L328 330"),
        line(Shine, 5, "M268 122 L306 280"),
    ],
);
