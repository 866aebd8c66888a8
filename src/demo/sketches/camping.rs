//! For a night out.

use super::super::sketch::{
    Ink::{
        Bark, Brass, Coal, Dark, Deep, Flame, Glass, Halo, Leaf, Light, Main, Metal, Pale, Paper,
        Shine, Wood,
    },
    Sketch, fill, line, stands,
};

pub const TENT: Sketch = stands(&[
    line(Paper, 4, "M106 470 L48 510"),
    line(Paper, 4, "M534 470 L592 510"),
    line(Wood, 10, "M320 180 L336 138"),
    line(Wood, 10, "M320 180 L304 138"),
    fill(Main, "M320 166 L560 508 L80 508 Z"),
    fill(Dark, "M320 166 L560 508 L434 508 Z"),
    fill(Deep, "M320 230 L404 508 L236 508 Z"),
    fill(Halo, "M320 300 L386 508 L254 508 Z"),
    fill(Pale, "M320 230 L236 508 L186 508 C246 420 296 320 320 230 Z"),
    fill(Light, "M320 230 L404 508 L446 508 C392 420 344 320 320 230 Z"),
    line(Paper, 4, "M320 166 L142 420"),
    fill(Leaf, "M520 508 Q530 476 544 508 Z"),
    fill(Leaf, "M544 508 Q560 466 572 508 Z"),
    fill(Leaf, "M76 508 Q88 470 102 508 Z"),
]);

pub const SLEEPING_BAG: Sketch = stands(&[
    fill(Main, "M222 296 L470 296 C530 300 546 350 546 402 C546 456 530 508 470 510 L222 510 Z"),
    fill(Light, "O222 403 88 107"),
    line(
        Dark,
        9,
        "M222 403 C246 390 238 360 214 364 C176 370 170 442 220 450 C284 452 284 336 216 332 \
         C136 336 138 478 222 484",
    ),
    fill(Coal, "R342 294 26 218 5"),
    fill(Coal, "R456 297 26 212 5"),
    fill(Brass, "R338 336 34 28 6"),
    fill(Brass, "R452 336 34 28 6"),
    line(Coal, 12, "M356 296 Q412 222 468 298"),
    line(Shine, 14, "M260 322 L328 322"),
    line(Shine, 14, "M384 322 L442 322"),
]);

pub const BACKPACK: Sketch = stands(&[
    line(Coal, 16, "M282 150 Q320 92 358 150"),
    fill(Dark, "R168 350 70 132 30"),
    fill(Dark, "R402 350 70 132 30"),
    fill(Main, "R196 140 248 370 76"),
    fill(Light, "R232 352 176 132 28"),
    line(Dark, 6, "M254 386 L386 386"),
    fill(Dark, "M196 236 Q190 140 276 138 L364 138 Q450 140 444 236 L444 276 Q320 330 196 276 Z"),
    fill(Wood, "R252 230 22 142 5"),
    fill(Wood, "R366 230 22 142 5"),
    fill(Brass, "R248 310 30 24 5"),
    fill(Brass, "R362 310 30 24 5"),
    fill(Pale, "O320 214 30 30"),
    fill(Dark, "M300 226 L316 198 L324 210 L330 204 L342 226 Z"),
    line(Shine, 10, "M218 236 Q218 180 258 164"),
]);

pub const BOTTLE: Sketch = stands(&[
    line(Coal, 11, "M292 118 C292 70 348 70 348 118"),
    fill(Coal, "R282 108 76 58 14"),
    fill(Metal, "R290 162 60 26 4"),
    fill(
        Main,
        "M246 262 Q246 186 296 186 L344 186 Q394 186 394 262 L394 482 Q394 510 366 510 \
         L274 510 Q246 510 246 482 Z",
    ),
    fill(Metal, "R246 470 148 12 0"),
    fill(Pale, "M280 386 L314 318 L332 348 L342 334 L366 386 Z"),
    fill(Shine, "R262 246 18 206 9"),
]);

pub const CAMP_LANTERN: Sketch = stands(&[
    fill(Halo, "O320 350 210 210"),
    line(Metal, 10, "M236 268 C190 96 450 96 404 268"),
    fill(Main, "M236 256 L404 256 L368 196 L272 196 Z"),
    fill(Dark, "R292 172 56 30 10"),
    fill(Glass, "R246 254 148 178 24"),
    fill(Flame, "M320 284 C360 336 358 402 320 404 C282 402 280 336 320 284 Z"),
    fill(Paper, "O320 374 14 24"),
    line(Main, 8, "M252 256 L252 430"),
    line(Main, 8, "M388 256 L388 430"),
    line(Main, 6, "M252 344 L388 344"),
    fill(Dark, "R236 422 168 24 8"),
    fill(Main, "M240 444 L400 444 L420 494 Q424 510 404 510 L236 510 Q216 510 220 494 Z"),
    fill(Brass, "O320 478 15 15"),
    fill(Shine, "R264 270 14 130 7"),
]);

pub const HAMMOCK: Sketch = stands(&[
    fill(Bark, "M70 60 L112 60 L122 510 L54 510 Z"),
    fill(Bark, "M528 60 L570 60 L586 510 L518 510 Z"),
    fill(Leaf, "O100 96 84 60"),
    fill(Leaf, "O540 96 84 60"),
    line(Wood, 6, "M104 244 L166 284"),
    line(Wood, 6, "M536 244 L474 284"),
    fill(Dark, "M160 280 Q320 360 480 280 Q320 452 160 280 Z"),
    fill(Main, "M160 280 Q320 404 480 280 Q460 470 320 474 Q180 470 160 280 Z"),
    line(Pale, 10, "M192 340 Q320 432 448 340"),
    line(Pale, 5, "M206 366 Q320 450 434 366"),
    line(Pale, 10, "M226 406 Q320 468 414 406"),
    fill(Pale, "M182 300 C206 272 262 286 270 336 Q220 336 182 300 Z"),
    line(Wood, 8, "M92 232 L118 250"),
    line(Wood, 8, "M548 232 L522 250"),
]);

pub const STOVE: Sketch = stands(&[
    fill(Metal, "R222 158 196 112 12"),
    fill(Coal, "R210 148 220 18 9"),
    fill(Coal, "R306 130 28 20 8"),
    line(Metal, 10, "M224 214 C164 206 164 250 226 244"),
    fill(Flame, "M270 328 C256 296 282 290 284 272 C300 292 306 304 302 328 Z"),
    fill(Flame, "M304 328 C296 292 316 290 320 268 C328 290 346 294 336 328 Z"),
    fill(Flame, "M338 328 C334 304 340 292 356 272 C358 290 384 296 370 328 Z"),
    line(Coal, 9, "M320 350 L232 322 L232 274"),
    line(Coal, 9, "M320 350 L408 322 L408 274"),
    fill(Coal, "R272 326 96 20 8"),
    fill(Metal, "R302 342 36 40 6"),
    line(Brass, 7, "M338 366 L392 366"),
    fill(Brass, "R388 352 26 28 8"),
    fill(
        Main,
        "M232 406 Q240 376 300 376 L340 376 Q400 376 408 406 L420 486 Q422 510 398 510 \
         L242 510 Q218 510 220 486 Z",
    ),
    fill(Pale, "R226 424 188 46 4"),
    fill(Main, "R252 440 136 14 7"),
]);
