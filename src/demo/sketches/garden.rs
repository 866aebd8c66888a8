//! Pots, tools and a place to sit.

use super::super::sketch::{
    Ink::{
        Bark, Brass, Coal, Dark, Deep, Flame, Leaf, Light, Main, Metal, Pale, Paper, Shade, Shine,
        Wood,
    },
    Sketch, fill, lies, line, stands,
};

pub const PLANT_POT: Sketch = stands(&[
    line(Leaf, 8, "M320 320 L320 150"),
    fill(Leaf, "M320 300 C240 292 196 236 186 170 C262 176 316 224 320 300 Z"),
    fill(Leaf, "M320 300 C400 292 444 236 454 170 C378 176 324 224 320 300 Z"),
    fill(Leaf, "M320 230 C270 190 276 120 320 80 C364 120 370 190 320 230 Z"),
    line(Shine, 4, "M316 292 C296 240 254 206 206 186"),
    line(Shine, 4, "M324 292 C344 240 386 206 434 186"),
    line(Shine, 4, "M320 222 L320 106"),
    fill(Main, "M216 352 L424 352 L396 494 Q393 510 378 510 L262 510 Q247 510 244 494 Z"),
    fill(Main, "R196 300 248 58 10"),
    fill(Shade, "M212 358 L428 358 L425 374 L215 374 Z"),
    fill(Shine, "R212 312 60 12 6"),
    fill(Dark, "R230 500 180 14 6"),
]);

pub const WATERING_CAN: Sketch = stands(&[
    line(Dark, 20, "M424 326 C560 268 560 484 430 476"),
    line(Dark, 18, "M244 300 C252 186 398 186 410 300"),
    fill(Main, "M214 462 L118 262 L146 246 L236 380 Z"),
    fill(Dark, "M84 274 L166 222 L178 242 L98 292 Z"),
    fill(Main, "M218 294 L430 294 L448 490 Q450 510 430 510 L218 510 Q198 510 200 490 Z"),
    fill(Light, "R208 284 232 22 10"),
    fill(Brass, "R204 452 242 12 4"),
    fill(Brass, "R214 330 220 8 4"),
    fill(Shine, "M238 346 L260 346 L254 440 L230 440 Z"),
]);

pub const TROWEL: Sketch = lies(
    38,
    &[
        fill(
            Metal,
            "M320 56 C384 96 396 160 390 262 Q388 312 320 316 Q252 312 250 262 C244 160 256 96 \
             320 56 Z",
        ),
        line(Shine, 12, "M288 138 Q276 200 284 264"),
        line(Coal, 4, "M320 96 L320 300"),
        line(Metal, 20, "M320 312 L320 392"),
        fill(Brass, "R298 378 44 26 6"),
        fill(
            Main,
            "M300 402 L340 402 Q358 480 346 556 Q340 582 320 582 Q300 582 294 556 \
             Q282 480 300 402 Z",
        ),
        line(Shine, 8, "M308 424 Q300 480 306 540"),
        fill(Paper, "O320 560 6 6"),
    ],
);

pub const SEEDS: Sketch = lies(
    -9,
    &[
        fill(Light, "R250 96 230 370 6"),
        fill(Shade, "R250 96 230 370 6"),
        fill(Paper, "R176 130 240 390 6"),
        fill(Main, "R176 130 240 78 6"),
        fill(Paper, "R204 154 184 12 6"),
        fill(Paper, "R236 178 120 8 4"),
        line(Leaf, 9, "M296 350 C300 410 292 440 296 492"),
        fill(Leaf, "M296 448 C262 446 240 424 232 394 C268 396 292 414 296 448 Z"),
        fill(Leaf, "M296 470 C330 466 352 444 360 414 C324 418 300 436 296 470 Z"),
        fill(Main, "O296 258 24 42 O296 366 24 42 O242 312 42 24 O350 312 42 24"),
        fill(Light, "O258 274 28 28 O334 274 28 28 O258 350 28 28 O334 350 28 28"),
        fill(Brass, "O296 312 34 34"),
        fill(Bark, "O296 312 20 20"),
    ],
);

pub const BIRDHOUSE: Sketch = stands(&[
    fill(Bark, "R302 440 36 70 4"),
    fill(Bark, "R236 496 168 16 6"),
    fill(Wood, "M214 268 L320 150 L426 268 L426 446 L214 446 Z"),
    line(Bark, 3, "M214 318 L426 318"),
    line(Bark, 3, "M214 380 L426 380"),
    fill(Main, "M320 96 L482 276 L448 304 L320 166 L192 304 L158 276 Z"),
    fill(Deep, "O320 300 44 44"),
    line(Brass, 7, "O320 300 47 47"),
    line(Bark, 14, "M320 386 L320 404"),
    fill(Bark, "R200 440 240 20 6"),
    fill(Light, "M386 418 C392 388 432 380 446 404 L474 398 L454 416 C454 440 400 448 386 418 Z"),
    fill(Coal, "O444 402 4 4"),
    line(Coal, 3, "M416 436 L416 442"),
]);

pub const PLANTER: Sketch = stands(&[
    line(Leaf, 8, "M186 380 L186 292"),
    line(Leaf, 8, "M276 380 L276 238"),
    line(Leaf, 8, "M366 380 L366 262"),
    line(Leaf, 8, "M456 380 L456 300"),
    fill(Leaf, "M186 330 C144 330 128 300 126 270 C164 270 186 296 186 330 Z"),
    fill(Leaf, "M186 322 C222 318 240 288 240 258 C204 264 184 290 186 322 Z"),
    fill(Leaf, "M276 296 C232 292 216 256 216 222 C254 228 278 256 276 296 Z"),
    fill(Leaf, "M276 276 C318 268 334 232 332 198 C294 206 274 236 276 276 Z"),
    fill(Leaf, "M366 344 C328 344 312 316 310 288 C346 290 366 312 366 344 Z"),
    fill(Flame, "O366 236 34 34"),
    fill(Brass, "O366 236 16 16"),
    fill(Leaf, "M456 336 C418 332 404 302 404 272 C438 278 458 304 456 336 Z"),
    fill(Leaf, "M456 320 C492 314 508 286 508 254 C472 262 454 288 456 320 Z"),
    fill(Bark, "R124 362 392 34 8"),
    fill(Main, "R108 378 424 122 8"),
    line(Dark, 5, "M112 418 L528 418"),
    line(Dark, 5, "M112 460 L528 460"),
    fill(Dark, "R108 372 26 138 5"),
    fill(Dark, "R506 372 26 138 5"),
    fill(Coal, "O121 398 4 4 O121 440 4 4 O121 480 4 4 O519 398 4 4 O519 440 4 4 O519 480 4 4"),
]);

pub const BENCH: Sketch = stands(&[
    fill(Dark, "R112 190 26 320 6"),
    fill(Dark, "R502 190 26 320 6"),
    fill(Main, "R88 206 464 32 8"),
    fill(Main, "R88 256 464 32 8"),
    fill(Main, "R88 306 464 32 8"),
    fill(Dark, "M84 330 L132 330 L132 346 L84 346 Z"),
    fill(Dark, "R62 330 70 18 9"),
    fill(Dark, "R508 330 70 18 9"),
    fill(Dark, "R70 344 20 166 5"),
    fill(Dark, "R550 344 20 166 5"),
    fill(Main, "R56 396 528 26 8"),
    fill(Light, "R46 416 548 22 8"),
    line(Shade, 4, "M100 226 L540 226"),
    line(Shade, 4, "M100 276 L540 276"),
    line(Shade, 4, "M100 326 L540 326"),
    fill(Pale, "R380 322 120 82 24"),
    line(Leaf, 6, "R392 334 96 58 16"),
]);
