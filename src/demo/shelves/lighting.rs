//! Home › Lighting.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::lighting as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "lighting",
    items: &[
        Item {
            slug: "linden-table-lamp",
            name: "Linden Table Lamp",
            brand: "Halden Light",
            description: "A turned foot of oiled oak below a shade of washed linen. The pull of \
                the brass chain is half the pleasure.",
            attributes: &[
                ("Material", "Oak, linen"),
                ("Socket", "E27"),
                ("Height", "46 cm"),
                ("Cable", "2 m, fabric"),
            ],
            sketch: &sketches::TABLE_LAMP,
            colour: Rgb(0xD8A48F),
            offers: &[
                offer("LGT-TBL-ROS").colour("Rose").cents(8900).grams(1600).stock(44),
                offer("LGT-TBL-NAT").colour("Natural").cents(8900).grams(1600).stock(58),
                offer("LGT-TBL-OLV").colour("Olive").cents(8900).was(9900).grams(1600).stock(31),
            ],
        },
        Item {
            slug: "harbour-pendant",
            name: "Harbour Pendant",
            brand: "Halden Light",
            description: "A spun steel dome after the lamps of old boatyards, enamelled outside \
                and white within. It throws a wide, warm circle on the table.",
            attributes: &[
                ("Material", "Enamelled steel"),
                ("Socket", "E27"),
                ("Cable", "1.5 m, fabric"),
            ],
            sketch: &sketches::PENDANT,
            colour: Rgb(0x3F6B6B),
            offers: &[
                offer("LGT-PEN-30G")
                    .colour("Sea green")
                    .size("30 cm")
                    .cents(11900)
                    .grams(1300)
                    .stock(36),
                offer("LGT-PEN-40G")
                    .colour("Sea green")
                    .size("40 cm")
                    .cents(14900)
                    .grams(1900)
                    .stock(27),
                offer("LGT-PEN-30M")
                    .colour("Mustard")
                    .size("30 cm")
                    .cents(11900)
                    .grams(1300)
                    .stock(41),
            ],
        },
        Item {
            slug: "mulberry-paper-lantern",
            name: "Mulberry Paper Lantern",
            brand: "Tidewater",
            description: "Hand-made paper over a spiral of bamboo. It folds flat for the post and \
                opens to a moon.",
            attributes: &[
                ("Material", "Paper, bamboo"),
                ("Socket", "E27"),
                ("Bulb included", "No"),
            ],
            sketch: &sketches::PAPER_LANTERN,
            colour: Rgb(0xF6E8CC),
            offers: &[
                offer("LGT-LAN-35").size("35 cm").cents(2400).grams(250).stock(175),
                offer("LGT-LAN-50").size("50 cm").cents(3400).grams(380).stock(132),
                offer("LGT-LAN-70").size("70 cm").cents(4900).grams(560).stock(3),
            ],
        },
        Item {
            slug: "tripod-floor-lamp",
            name: "Tripod Floor Lamp",
            brand: "Halden Light",
            description: "Three legs of ash and a drum of heavy cotton, for the corner with the \
                good chair. Folds like an easel when you move.",
            attributes: &[("Material", "Ash, cotton"), ("Socket", "E27"), ("Height", "148 cm")],
            sketch: &sketches::FLOOR_LAMP,
            colour: Rgb(0xE4C9A0),
            offers: &[offer("LGT-FLR-TRI").cents(18900).was(21900).grams(5200).stock(21)],
        },
        Item {
            slug: "beeswax-candles",
            name: "Beeswax Candles, Set of 3",
            brand: "Tidewater",
            description: "Pure beeswax from hives on the heath, poured in three heights. They \
                smell faintly of honey and burn for about fifty hours together.",
            attributes: &[
                ("Material", "Beeswax"),
                ("Burning time", "50 hours"),
                ("Made in", "Germany"),
            ],
            sketch: &sketches::CANDLES,
            colour: Rgb(0xD99A3A),
            offers: &[offer("LGT-CND-3").cents(2600).grams(640).stock(320)],
        },
        Item {
            slug: "studio-desk-lamp",
            name: "Studio Desk Lamp",
            brand: "Halden Light",
            description: "Springs in both arms, so it stays where you push it. The LED dims from \
                reading to evening and can be replaced with one screw.",
            attributes: &[
                ("Material", "Aluminium"),
                ("Light", "LED, 2700 K, 650 lm"),
                ("Dimmable", "Yes"),
            ],
            sketch: &sketches::DESK_LAMP,
            colour: Rgb(0xD15A3E),
            offers: &[
                offer("LGT-DSK-RED").colour("Signal red").cents(12900).grams(2300).stock(48),
                offer("LGT-DSK-BLK").colour("Black").cents(12900).grams(2300).stock(73),
                offer("LGT-DSK-WHT").colour("White").cents(12900).grams(2300).stock(52),
            ],
        },
        Item {
            slug: "filament-bulb",
            name: "Filament Bulb",
            brand: "Halden Light",
            description: "The look of the first light bulbs at a tenth of the current. Warm white, \
                fifteen thousand hours.",
            attributes: &[("Socket", "E27"), ("Light", "2200 K, 400 lm"), ("Dimmable", "Yes")],
            sketch: &sketches::BULB,
            colour: Rgb(0x544A44),
            offers: &[
                offer("LGT-BLB-1").with("Pack", "1").cents(890).grams(90).stock(380),
                offer("LGT-BLB-3").with("Pack", "3").cents(2390).grams(240).stock(150),
            ],
        },
    ],
};
