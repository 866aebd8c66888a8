//! Cloth for beds, baths and floors.

use super::super::sketch::{
    Ink::{Bark, Brass, Dark, Halo, Leaf, Light, Main, Pale, Paper, Shade, Wood},
    Sketch, fill, hangs, lies, line, stands,
};

pub const CUSHION: Sketch = lies(
    -6,
    &[
        fill(
            Main,
            "M150 178 Q320 196 490 178 Q512 178 506 202 Q474 320 506 438 Q512 462 490 462 \
             Q320 444 150 462 Q128 462 134 438 Q166 320 134 202 Q128 178 150 178 Z",
        ),
        line(Pale, 12, "M214 190 Q232 320 214 450"),
        line(Pale, 5, "M238 192 Q254 320 238 448"),
        line(Pale, 12, "M426 190 Q408 320 426 450"),
        line(Pale, 5, "M402 192 Q386 320 402 448"),
        line(
            Dark,
            5,
            "M150 178 Q320 196 490 178 Q512 178 506 202 Q474 320 506 438 Q512 462 490 462 \
             Q320 444 150 462 Q128 462 134 438 Q166 320 134 202 Q128 178 150 178 Z",
        ),
        line(Shade, 6, "M290 330 Q320 312 350 330"),
        line(Shade, 5, "M160 206 Q180 226 184 250"),
        line(Shade, 5, "M480 206 Q460 226 456 250"),
    ],
);

pub const THROW: Sketch = stands(&[
    line(Pale, 6, "M190 470 L186 508"),
    line(Pale, 6, "M222 470 L220 508"),
    line(Pale, 6, "M254 470 L254 508"),
    line(Pale, 6, "M286 470 L286 508"),
    line(Pale, 6, "M318 470 L318 508"),
    line(Pale, 6, "M350 470 L350 508"),
    fill(Dark, "R140 386 366 104 44"),
    fill(Light, "R140 290 366 110 46"),
    fill(
        Main,
        "M186 188 L450 188 Q506 190 506 244 Q506 298 450 300 L372 300 L372 474 L172 474 \
         L172 300 Q134 290 134 244 Q134 190 186 188 Z",
    ),
    fill(Pale, "R172 340 200 14 2"),
    fill(Pale, "R172 366 200 36 2"),
    fill(Pale, "R172 414 200 14 2"),
    line(Shade, 6, "M372 302 L372 474"),
    line(Shade, 5, "M190 216 Q320 206 460 216"),
    line(Pale, 6, "M178 476 L176 508"),
    line(Pale, 6, "M206 476 L205 508"),
    line(Pale, 6, "M238 476 L238 508"),
    line(Pale, 6, "M270 476 L270 508"),
    line(Pale, 6, "M302 476 L302 508"),
    line(Pale, 6, "M334 476 L335 508"),
    line(Pale, 6, "M364 476 L366 508"),
]);

pub const TOWELS: Sketch = stands(&[
    fill(Dark, "R142 414 356 96 44"),
    fill(Main, "R150 322 340 96 44"),
    fill(Pale, "R160 230 320 96 44"),
    line(Shade, 5, "M190 462 L480 462"),
    line(Shade, 5, "M198 370 L472 370"),
    line(Shade, 5, "M206 278 L462 278"),
    fill(Wood, "R280 226 64 288 6"),
    fill(Paper, "R292 340 40 58 4"),
    fill(Leaf, "M312 384 C296 372 300 356 312 350 C324 356 328 372 312 384 Z"),
    fill(Light, "M352 226 C352 180 392 158 436 160 C450 196 426 228 392 228 Z"),
    line(Leaf, 6, "M356 222 C388 206 408 188 428 168"),
]);

pub const BEDDING: Sketch = stands(&[
    fill(Wood, "R104 168 432 250 22"),
    line(Bark, 4, "M212 180 L212 290"),
    line(Bark, 4, "M320 180 L320 290"),
    line(Bark, 4, "M428 180 L428 290"),
    fill(Wood, "R108 480 22 30 4"),
    fill(Wood, "R510 480 22 30 4"),
    fill(Paper, "R132 276 178 108 40"),
    fill(Paper, "R330 276 178 108 40"),
    line(Shade, 5, "M166 318 Q190 336 222 326"),
    line(Shade, 5, "M474 318 Q450 336 418 326"),
    fill(Main, "M98 380 Q320 350 542 380 L548 486 Q320 508 92 486 Z"),
    fill(Light, "M98 380 Q320 350 542 380 L544 420 Q320 392 96 420 Z"),
    line(Shade, 5, "M200 420 Q188 452 198 484"),
    line(Shade, 5, "M352 412 Q366 450 352 492"),
    line(Shade, 5, "M462 418 Q448 452 462 484"),
]);

pub const RUG: Sketch = lies(
    0,
    &[
        line(
            Pale,
            5,
            "M112 190 L96 190 M112 222 L96 222 M112 254 L96 254 M112 286 L96 286 M112 318 \
             L96 318 M112 350 L96 350 M112 382 L96 382 M112 414 L96 414 M112 446 L96 446",
        ),
        line(
            Pale,
            5,
            "M528 190 L544 190 M528 222 L544 222 M528 254 L544 254 M528 286 L544 286 \
             M528 318 L544 318 M528 350 L544 350 M528 382 L544 382 M528 414 L544 414 \
             M528 446 L544 446",
        ),
        fill(Main, "R112 170 416 296 6"),
        line(Pale, 8, "R140 198 360 240 2"),
        line(Dark, 6, "R156 214 328 208 2"),
        fill(Pale, "M320 232 L400 318 L320 404 L240 318 Z"),
        fill(Main, "M320 262 L372 318 L320 374 L268 318 Z"),
        fill(Dark, "M320 290 L346 318 L320 346 L294 318 Z"),
        fill(Pale, "M206 276 L244 318 L206 360 L168 318 Z"),
        fill(Dark, "M206 298 L224 318 L206 338 L188 318 Z"),
        fill(Pale, "M434 276 L472 318 L434 360 L396 318 Z"),
        fill(Dark, "M434 298 L452 318 L434 338 L416 318 Z"),
    ],
);

pub const TEA_TOWELS: Sketch = hangs(&[
    fill(Shade, "M178 176 L320 176 L320 486 L178 486 Z"),
    fill(Shade, "M348 176 L486 176 L486 436 L348 436 Z"),
    fill(Main, "M164 158 L306 158 L306 470 Q236 480 164 470 Z"),
    fill(Pale, "R164 392 142 12 0"),
    fill(Pale, "R164 416 142 30 0"),
    fill(Pale, "R214 158 10 312 0"),
    fill(Pale, "M334 158 L474 158 L474 420 Q404 430 334 420 Z"),
    line(Main, 7, "M352 160 L352 420"),
    line(Main, 7, "M378 160 L378 422"),
    line(Main, 7, "M404 160 L404 424"),
    line(Main, 7, "M430 160 L430 422"),
    line(Main, 7, "M456 160 L456 420"),
    line(Shade, 6, "M200 176 Q194 300 202 460"),
    line(Wood, 18, "M104 150 L536 150"),
    fill(Brass, "O104 150 15 15"),
    fill(Brass, "O536 150 15 15"),
]);

pub const CURTAIN: Sketch = stands(&[
    fill(Wood, "R196 150 248 300 6"),
    fill(Paper, "R210 164 104 272 2"),
    fill(Paper, "R326 164 104 272 2"),
    fill(Halo, "R210 164 104 272 2"),
    fill(Halo, "R326 164 104 272 2"),
    fill(Main, "M118 110 L262 110 C262 250 236 330 196 372 C220 420 226 460 226 510 L118 510 Z"),
    fill(Main, "M522 110 L378 110 C378 250 404 330 444 372 C420 420 414 460 414 510 L522 510 Z"),
    line(Dark, 6, "M158 122 C158 240 150 320 140 368 L144 506"),
    line(Dark, 6, "M204 122 C204 250 184 320 164 368 L184 506"),
    line(Dark, 6, "M482 122 C482 240 490 320 500 368 L496 506"),
    line(Dark, 6, "M436 122 C436 250 456 320 476 368 L456 506"),
    fill(Pale, "R116 362 90 20 8"),
    fill(Pale, "R434 362 90 20 8"),
    line(Brass, 14, "M84 104 L556 104"),
    fill(Brass, "O84 104 16 16"),
    fill(Brass, "O556 104 16 16"),
]);
