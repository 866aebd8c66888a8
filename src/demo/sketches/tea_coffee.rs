//! Mugs, pots and what goes into them.

use super::super::sketch::{
    Ink::{
        Bark, Brass, Coal, Dark, Deep, Glass, Leaf, Light, Main, Metal, Pale, Paper, Shade, Shine,
        Wood,
    },
    Sketch, fill, line, stands,
};

pub const MUG: Sketch = stands(&[
    line(Shine, 9, "M286 190 C262 160 310 140 286 104"),
    line(Shine, 9, "M346 190 C322 160 370 140 346 104"),
    line(Dark, 30, "M430 300 C520 290 520 430 412 436"),
    fill(Main, "M200 232 L440 232 L428 470 Q424 510 384 510 L256 510 Q216 510 212 470 Z"),
    fill(Pale, "M208 392 Q320 424 432 392 L428 470 Q424 510 384 510 L256 510 Q216 510 212 470 Z"),
    fill(Light, "O320 232 120 27"),
    fill(Deep, "O320 234 108 21"),
    fill(Bark, "O320 240 96 15"),
    fill(Shine, "R230 276 20 108 10"),
]);

pub const KETTLE: Sketch = stands(&[
    line(Dark, 22, "M226 448 C140 452 178 300 108 246"),
    line(Coal, 26, "M420 290 C540 250 566 392 474 420"),
    fill(Main, "M234 280 L426 280 L470 484 Q474 506 452 506 L208 506 Q186 506 190 484 Z"),
    fill(Dark, "M240 282 Q330 228 420 282 Z"),
    fill(Wood, "R306 224 48 34 16"),
    fill(Coal, "R184 496 292 16 8"),
    fill(Shine, "M254 304 L276 304 L244 478 L218 478 Z"),
]);

pub const TEAPOT: Sketch = stands(&[
    line(Wood, 20, "M436 348 C536 330 536 462 424 458"),
    fill(Glass, "M214 444 C146 420 158 330 100 296 L130 282 C192 306 186 352 222 372 Z"),
    line(Paper, 5, "M214 444 C146 420 158 330 100 296 L130 282 C192 306 186 352 222 372"),
    fill(Glass, "O320 396 130 114"),
    fill(Main, "M194 384 Q320 404 446 384 C452 456 396 502 320 502 C244 502 188 456 194 384 Z"),
    fill(Light, "O320 386 125 15"),
    line(Paper, 6, "O320 396 130 114"),
    fill(Deep, "O282 470 14 5"),
    fill(Deep, "O330 482 16 5"),
    fill(Deep, "O368 466 12 5"),
    fill(Paper, "R252 272 136 18 9"),
    fill(Wood, "R266 250 108 26 12"),
    fill(Wood, "O320 238 22 18"),
    line(Shine, 12, "M216 356 Q226 322 254 304"),
]);

pub const DRIPPER: Sketch = stands(&[
    fill(Glass, "M276 346 L364 346 L440 478 Q448 510 416 510 L224 510 Q192 510 200 478 Z"),
    fill(Bark, "M226 436 L414 436 L436 478 Q442 504 416 504 L224 504 Q198 504 204 478 Z"),
    line(Paper, 5, "M276 346 L364 346 L440 478 Q448 510 416 510 L224 510 Q192 510 200 478 Z"),
    line(Bark, 5, "M320 346 L320 430"),
    fill(Paper, "M206 160 L236 106 L404 106 L434 160 Z"),
    line(Dark, 20, "M430 196 C516 186 500 290 396 280"),
    fill(Main, "M192 170 L448 170 L372 312 L268 312 Z"),
    fill(Light, "R178 154 284 26 13"),
    line(Dark, 5, "M262 196 L300 294"),
    line(Dark, 5, "M320 196 L320 294"),
    line(Dark, 5, "M378 196 L340 294"),
    fill(Dark, "R226 308 188 20 10"),
    fill(Wood, "R262 344 116 38 10"),
]);

pub const POUCH: Sketch = stands(&[
    fill(Main, "M212 176 L428 176 L448 496 Q449 510 436 510 L204 510 Q191 510 192 496 Z"),
    fill(Shade, "M396 176 L428 176 L448 496 Q449 510 436 510 L414 510 Z"),
    fill(Dark, "R204 132 232 50 6"),
    fill(Light, "R204 164 232 8 4"),
    fill(Brass, "O320 222 12 12"),
    fill(Paper, "R240 262 160 182 12"),
    fill(Main, "R264 288 112 12 6"),
    fill(Main, "R284 312 72 8 4"),
    fill(Bark, "M284 396 C276 350 330 334 356 366 C366 404 312 424 284 396 Z"),
    line(Paper, 5, "M288 392 C310 392 322 366 352 370"),
]);

pub const CADDY: Sketch = stands(&[
    fill(Main, "R216 206 208 304 14"),
    fill(Dark, "R206 150 228 70 14"),
    fill(Brass, "R206 208 228 12 5"),
    fill(Brass, "R216 470 208 8 4"),
    fill(Pale, "O320 346 74 86"),
    line(Brass, 4, "O320 346 64 76"),
    fill(Leaf, "M320 402 C262 366 278 312 320 284 C362 312 378 366 320 402 Z"),
    line(Paper, 4, "M320 396 L320 306"),
    line(Paper, 3, "M320 362 L298 340"),
    line(Paper, 3, "M320 362 L342 340"),
    fill(Shine, "R228 232 16 226 8"),
]);

pub const GRINDER: Sketch = stands(&[
    line(Metal, 14, "M320 178 L320 130 L458 122"),
    fill(Wood, "R440 78 36 56 16"),
    fill(Metal, "M232 232 Q320 138 408 232 Z"),
    fill(Metal, "R222 226 196 24 8"),
    fill(Main, "M244 250 L396 250 L410 496 Q411 510 398 510 L242 510 Q229 510 230 496 Z"),
    fill(Dark, "R272 388 96 76 8"),
    fill(Brass, "O320 426 11 11"),
    fill(Dark, "R222 494 196 18 7"),
    fill(Brass, "R282 292 76 40 6"),
    fill(Shine, "R250 268 16 206 8"),
]);

pub const FRENCH_PRESS: Sketch = stands(&[
    line(Coal, 28, "M424 256 C528 246 528 444 424 436"),
    fill(Glass, "R222 212 196 290 16"),
    fill(Bark, "R230 316 180 180 14"),
    fill(Wood, "R230 308 180 22 10"),
    line(Metal, 10, "M320 168 L320 308"),
    fill(Metal, "R232 290 176 14 6"),
    line(Metal, 10, "M320 196 L320 96"),
    fill(Coal, "O320 88 24 22"),
    fill(Main, "M208 218 Q320 138 432 218 Z"),
    fill(Main, "R206 246 228 22 6"),
    fill(Main, "R206 452 228 22 6"),
    line(Main, 10, "M214 252 L214 500"),
    line(Main, 10, "M426 252 L426 500"),
    fill(Main, "R204 490 232 20 10"),
    fill(Shine, "R244 276 16 170 8"),
]);
