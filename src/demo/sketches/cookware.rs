//! Pots, pans and tools.

use super::super::sketch::{
    Ink::{Brass, Coal, Dark, Deep, Flame, Leaf, Light, Main, Metal, Pale, Paper, Shine, Wood},
    Sketch, fill, lies, line, stands,
};

pub const CASSEROLE: Sketch = stands(&[
    line(Dark, 26, "M164 356 C92 346 92 414 166 404"),
    line(Dark, 26, "M476 356 C548 346 548 414 474 404"),
    fill(Main, "M150 322 L490 322 L478 466 Q474 510 430 510 L210 510 Q166 510 162 466 Z"),
    fill(Main, "M152 306 Q168 220 320 214 Q472 220 488 306 Z"),
    fill(Dark, "R136 300 368 26 12"),
    fill(Brass, "R306 192 28 26 6"),
    fill(Brass, "R284 176 72 24 12"),
    line(Shine, 14, "M196 278 Q216 246 272 238"),
    fill(Shine, "R182 346 18 110 9"),
]);

pub const PAN: Sketch = lies(
    -12,
    &[
        line(Dark, 42, "M420 420 L532 532"),
        fill(Deep, "O530 530 9 9"),
        fill(Dark, "O276 276 190 190"),
        fill(Deep, "O276 276 172 172"),
        fill(Main, "O276 276 160 160"),
        line(Light, 4, "M146 276 Q156 168 262 148"),
        fill(
            Paper,
            "M226 206 C276 168 372 206 366 286 C360 366 306 330 262 350 C190 366 158 254 226 206 Z",
        ),
        fill(Flame, "O274 268 42 40"),
        line(Shine, 8, "M250 258 Q256 242 274 240"),
        fill(Leaf, "O344 196 9 5"),
        fill(Leaf, "O206 362 9 5"),
        fill(Leaf, "O324 376 9 5"),
    ],
);

pub const SAUCEPAN: Sketch = stands(&[
    line(Brass, 22, "M420 338 L574 296"),
    fill(Brass, "O574 296 17 17"),
    fill(Deep, "O572 297 7 7"),
    fill(Main, "M166 316 L434 316 L426 476 Q422 510 388 510 L212 510 Q178 510 174 476 Z"),
    fill(Light, "R156 302 288 24 12"),
    fill(Brass, "R396 330 40 34 8"),
    fill(Coal, "O408 347 4 4"),
    fill(Coal, "O424 347 4 4"),
    fill(Main, "M170 300 Q190 252 300 248 Q410 252 430 300 Z"),
    fill(Brass, "R282 222 36 30 12"),
    fill(Shine, "R196 340 22 126 11"),
    fill(Shine, "R230 340 8 126 4"),
]);

pub const BOARD: Sketch = lies(
    10,
    &[
        fill(Main, "R282 440 76 130 34"),
        fill(Main, "R176 76 288 400 40"),
        fill(Paper, "O320 534 15 15"),
        line(Dark, 4, "M216 104 C240 220 206 320 226 450"),
        line(Dark, 4, "M262 90 C286 200 250 330 270 462"),
        line(Dark, 4, "M420 104 C400 220 436 330 414 450"),
        line(Dark, 3, "M376 96 C352 180 386 250 372 300"),
        fill(Flame, "O316 236 76 76"),
        fill(Paper, "O316 236 66 66"),
        fill(Flame, "O316 236 58 58"),
        line(Paper, 6, "M316 178 L316 294"),
        line(Paper, 6, "M266 207 L366 265"),
        line(Paper, 6, "M366 207 L266 265"),
        line(Leaf, 6, "M250 400 C300 392 340 372 384 338"),
        fill(Leaf, "M292 390 C282 356 306 348 320 380 Z"),
        fill(Leaf, "M332 374 C366 392 376 370 348 364 Z"),
        fill(Leaf, "M352 360 C344 322 372 320 374 346 Z"),
        fill(Leaf, "M268 398 C292 424 308 408 296 392 Z"),
    ],
);

pub const KNIFE: Sketch = lies(
    -28,
    &[
        fill(Metal, "M72 326 C90 268 130 250 196 248 L404 248 L404 350 L112 350 Q78 348 72 326 Z"),
        fill(Paper, "M74 330 Q240 346 404 326 L404 350 L112 350 Q82 348 74 330 Z"),
        line(Shine, 5, "M150 274 L380 270"),
        fill(Brass, "R400 252 18 54 4"),
        fill(Main, "M416 252 L552 256 Q582 262 578 290 Q574 318 546 312 L416 304 Z"),
        fill(Brass, "O454 279 6 6"),
        fill(Brass, "O496 281 6 6"),
        fill(Brass, "O538 284 6 6"),
    ],
);

pub const MILL: Sketch = stands(&[
    fill(
        Main,
        "M262 244 Q214 330 258 376 Q226 426 232 500 L408 500 Q414 426 382 376 Q426 330 378 244 Z",
    ),
    fill(Dark, "R256 366 128 16 8"),
    fill(Main, "M252 226 Q232 122 320 116 Q408 122 388 226 Z"),
    fill(Metal, "R248 222 144 20 8"),
    fill(Metal, "O320 106 20 18"),
    fill(Dark, "R222 490 196 22 9"),
    line(Shine, 14, "M268 276 Q250 318 274 352"),
    line(Shine, 14, "M272 196 Q270 154 302 142"),
    fill(Coal, "O462 500 11 11"),
    fill(Coal, "O492 504 9 9"),
    fill(Coal, "O176 502 10 10"),
]);

pub const BOWLS: Sketch = stands(&[
    line(Wood, 16, "M402 300 L496 128"),
    fill(Wood, "O504 112 22 30"),
    fill(Dark, "O320 314 196 44"),
    fill(Pale, "O320 308 152 35"),
    fill(Main, "O320 311 141 29"),
    fill(Light, "O320 304 104 24"),
    fill(Deep, "O320 307 94 19"),
    fill(
        Main,
        "M118 314 C132 364 508 364 522 314 C518 440 446 510 320 510 C194 510 122 440 118 314 Z",
    ),
    fill(Pale, "M120 342 C150 390 490 390 520 342 L514 374 C470 414 170 414 126 374 Z"),
    line(Light, 8, "M120 316 C136 366 504 366 520 316"),
    line(Shine, 14, "M168 424 Q190 462 226 480"),
]);

pub const SPOONS: Sketch = lies(
    14,
    &[
        fill(Main, "O196 168 52 74"),
        fill(Dark, "O196 160 34 50"),
        line(Main, 22, "M196 230 L196 540"),
        fill(Light, "M276 96 Q320 80 364 96 L356 230 Q350 252 320 252 Q290 252 284 230 Z"),
        line(Light, 22, "M320 240 L320 540"),
        line(Dark, 9, "M302 124 L305 208"),
        line(Dark, 9, "M320 124 L320 208"),
        line(Dark, 9, "M338 124 L335 208"),
        fill(Main, "O444 168 52 66"),
        fill(Dark, "O444 168 15 22"),
        line(Main, 22, "M444 230 L444 540"),
        fill(Shine, "O184 148 9 20"),
    ],
);
