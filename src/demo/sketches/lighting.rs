//! Lamps and candles, all of them lit.

use super::super::sketch::{
    Ink::{
        Beam, Brass, Coal, Dark, Flame, Glass, Halo, Light, Main, Metal, Paper, Shade, Shine, Wood,
    },
    Sketch, fill, hangs, line, stands,
};

pub const TABLE_LAMP: Sketch = stands(&[
    fill(Beam, "M196 336 L444 336 L540 512 L100 512 Z"),
    fill(
        Wood,
        "M302 330 C306 380 252 420 262 470 Q266 504 320 504 Q374 504 378 470 C388 420 334 380 \
         338 330 Z",
    ),
    fill(Brass, "R240 494 160 16 8"),
    fill(Brass, "R304 314 32 30 6"),
    fill(Main, "M244 120 L396 120 L462 336 L178 336 Z"),
    fill(Light, "M178 336 L462 336 L456 318 L184 318 Z"),
    fill(Shine, "M268 140 L296 140 L258 312 L212 312 Z"),
    line(Brass, 4, "M420 340 L420 392"),
    fill(Brass, "O420 398 7 7"),
]);

pub const PENDANT: Sketch = hangs(&[
    fill(Beam, "M168 362 L472 362 L600 640 L40 640 Z"),
    line(Coal, 7, "M320 0 L320 150"),
    fill(Brass, "R296 140 48 50 10"),
    fill(Flame, "O320 366 50 42"),
    fill(Main, "M154 362 C156 250 234 184 320 182 C406 184 484 250 486 362 Z"),
    fill(Light, "R146 354 348 16 8"),
    line(Shine, 16, "M190 328 Q204 250 266 220"),
]);

pub const PAPER_LANTERN: Sketch = hangs(&[
    fill(Halo, "O320 330 250 250"),
    line(Coal, 6, "M320 0 L320 150"),
    fill(Main, "O320 330 178 172"),
    fill(Halo, "O320 340 112 112"),
    line(Shade, 4, "M226 184 Q320 204 414 184"),
    line(Shade, 4, "M182 224 Q320 254 458 224"),
    line(Shade, 4, "M154 272 Q320 306 486 272"),
    line(Shade, 4, "M142 324 Q320 360 498 324"),
    line(Shade, 4, "M150 378 Q320 412 490 378"),
    line(Shade, 4, "M174 428 Q320 458 466 428"),
    line(Shade, 4, "M218 472 Q320 492 422 472"),
    fill(Wood, "R270 148 100 18 8"),
    fill(Wood, "R276 494 88 16 8"),
    line(Wood, 5, "M320 510 L320 560"),
]);

pub const FLOOR_LAMP: Sketch = stands(&[
    fill(Beam, "M206 258 L434 258 L552 510 L88 510 Z"),
    line(Wood, 15, "M320 250 L344 504"),
    line(Wood, 15, "M314 262 L214 504"),
    line(Wood, 15, "M326 262 L436 504"),
    line(Brass, 6, "M276 370 L372 370"),
    fill(Brass, "R300 246 40 34 8"),
    fill(Main, "M250 66 L390 66 L446 258 L194 258 Z"),
    fill(Light, "M194 258 L446 258 L441 240 L199 240 Z"),
    fill(Shine, "M270 84 L296 84 L262 234 L224 234 Z"),
]);

pub const CANDLES: Sketch = stands(&[
    fill(Halo, "O230 256 84 84"),
    fill(Halo, "O322 178 92 92"),
    fill(Halo, "O414 316 78 78"),
    fill(Light, "R192 302 76 206 8"),
    fill(Main, "R284 226 76 282 8"),
    fill(Light, "R376 362 76 146 8"),
    line(Coal, 5, "M230 302 L230 282"),
    line(Coal, 5, "M322 226 L322 206"),
    line(Coal, 5, "M414 362 L414 342"),
    fill(Flame, "M230 204 C260 246 258 284 230 286 C202 284 200 246 230 204 Z"),
    fill(Flame, "M322 122 C356 168 352 208 322 210 C292 208 288 168 322 122 Z"),
    fill(Flame, "M414 266 C442 306 440 342 414 344 C388 342 386 306 414 266 Z"),
    fill(Paper, "O230 268 8 15"),
    fill(Paper, "O322 190 9 17"),
    fill(Paper, "O414 328 8 14"),
    fill(
        Dark,
        "M284 234 Q296 270 302 246 Q312 236 322 262 Q330 280 336 250 Q346 232 360 246 \
         L360 230 L284 226 Z",
    ),
    fill(Brass, "R150 496 344 18 9"),
]);

pub const DESK_LAMP: Sketch = stands(&[
    fill(Beam, "M338 316 L520 226 L628 506 L330 506 Z"),
    fill(Main, "R150 486 210 24 12"),
    line(Main, 15, "M254 486 L168 320"),
    line(Main, 15, "M168 320 L356 172"),
    line(Metal, 4, "M190 328 L350 200"),
    fill(Metal, "O254 482 17 17"),
    fill(Metal, "O168 320 18 18"),
    fill(Flame, "O436 268 40 40"),
    fill(Main, "M340 180 C350 130 400 112 436 134 L528 222 L340 320 C322 270 326 220 340 180 Z"),
    fill(Light, "M528 222 L534 236 L344 334 L338 320 Z"),
    fill(Metal, "O358 170 16 16"),
    line(Shine, 12, "M364 214 Q356 248 364 282"),
]);

pub const BULB: Sketch = hangs(&[
    fill(Halo, "O320 390 210 210"),
    line(Main, 8, "M320 0 L320 110"),
    fill(Coal, "R284 106 72 64 12"),
    fill(Brass, "R290 166 60 56 6"),
    line(Coal, 4, "M290 184 L350 180"),
    line(Coal, 4, "M290 202 L350 198"),
    fill(
        Glass,
        "M292 220 C288 284 202 306 202 392 C202 458 256 506 320 506 C384 506 438 458 438 392 \
         C438 306 352 284 348 220 Z",
    ),
    line(
        Paper,
        5,
        "M292 220 C288 284 202 306 202 392 C202 458 256 506 320 506 C384 506 438 458 438 392 \
         C438 306 352 284 348 220",
    ),
    line(Brass, 6, "M308 222 L292 348 L306 436 L316 352 L324 352 L334 436 L348 348 L332 222"),
    line(Flame, 5, "M292 348 L306 436 L316 352 L324 352 L334 436 L348 348"),
    line(Shine, 12, "M228 388 Q232 344 264 318"),
]);
