//! Outdoors › Camping.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::camping as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "camping",
    items: &[
        Item {
            slug: "ridgeline-tent",
            name: "Ridgeline Tent",
            brand: "Skarvik",
            description: "Two poles, six pegs, up before the rain arrives. The fly sheet stands up \
                to 3,000 mm of water and the whole of it weighs less than a good lunch.",
            attributes: &[
                ("Material", "Ripstop nylon"),
                ("Seasons", "3"),
                ("Water column", "3000 mm"),
            ],
            sketch: &sketches::TENT,
            colour: Rgb(0xD9822B),
            offers: &[
                offer("OUT-TNT-2").with("Persons", "2").cents(27900).grams(1900).stock(34),
                offer("OUT-TNT-3")
                    .with("Persons", "3")
                    .cents(33900)
                    .was(37900)
                    .grams(2500)
                    .stock(23),
            ],
        },
        Item {
            slug: "polar-sleeping-bag",
            name: "Polar Sleeping Bag",
            brand: "Skarvik",
            description: "Recycled fibre that stays warm when damp, comfortable down to −4 °C. The \
                zip runs on either side, so two of them join.",
            attributes: &[
                ("Material", "Recycled polyester"),
                ("Comfort", "-4 °C"),
                ("Pack size", "38 × 20 cm"),
            ],
            sketch: &sketches::SLEEPING_BAG,
            colour: Rgb(0x3E6C8F),
            offers: &[
                offer("OUT-BAG-R").with("Length", "Regular").cents(12900).grams(1450).stock(58),
                offer("OUT-BAG-L").with("Length", "Long").cents(13900).grams(1600).stock(41),
            ],
        },
        Item {
            slug: "fjell-backpack",
            name: "Fjell Backpack",
            brand: "Skarvik",
            description: "Waxed canvas and leather straps, with a padded sleeve for a laptop and \
                room for the weekend. It opens wide at the top.",
            attributes: &[
                ("Material", "Waxed canvas"),
                ("Laptop", "Up to 15 inches"),
                ("Water", "Repellent"),
            ],
            sketch: &sketches::BACKPACK,
            colour: Rgb(0x5F7350),
            offers: &[
                offer("OUT-PCK-22G").colour("Moss").size("22 l").cents(11900).grams(1100).stock(76),
                offer("OUT-PCK-30G").colour("Moss").size("30 l").cents(13900).grams(1350).stock(52),
                offer("OUT-PCK-22S")
                    .colour("Slate")
                    .size("22 l")
                    .cents(11900)
                    .grams(1100)
                    .stock(69),
                offer("OUT-PCK-30S")
                    .colour("Slate")
                    .size("30 l")
                    .cents(13900)
                    .grams(1350)
                    .stock(45),
            ],
        },
        Item {
            slug: "summit-insulated-bottle",
            name: "Summit Insulated Bottle",
            brand: "Skarvik",
            description: "Twelve hours hot or a day cold, behind two walls of steel. The cap comes \
                apart for cleaning.",
            attributes: &[
                ("Material", "Stainless steel"),
                ("Insulated", "Yes"),
                ("Care", "Only the cap in the dishwasher"),
            ],
            sketch: &sketches::BOTTLE,
            colour: Rgb(0x2F7F86),
            offers: &[
                offer("OUT-BTL-05T").colour("Teal").size("0.5 l").cents(2900).grams(310).stock(240),
                offer("OUT-BTL-10T").colour("Teal").size("1 l").cents(3600).grams(450).stock(180),
                offer("OUT-BTL-05C").colour("Clay").size("0.5 l").cents(2900).grams(310).stock(205),
                offer("OUT-BTL-10C").colour("Clay").size("1 l").cents(3600).grams(450).stock(6),
            ],
        },
        Item {
            slug: "firefly-camp-lantern",
            name: "Firefly Camp Lantern",
            brand: "Skarvik",
            description: "A light like a paraffin lamp without the paraffin: forty hours on one \
                charge, and it charges a phone in return.",
            attributes: &[
                ("Light", "LED, 10 to 300 lm"),
                ("Battery", "5200 mAh"),
                ("Water", "Splash proof"),
            ],
            sketch: &sketches::CAMP_LANTERN,
            colour: Rgb(0xA93F38),
            offers: &[offer("OUT-LAN-FF").cents(5900).grams(540).stock(87)],
        },
        Item {
            slug: "two-tree-hammock",
            name: "Two-Tree Hammock",
            brand: "Skarvik",
            description: "Brushed cotton for afternoons, with straps that do not bite the bark. \
                Carries 180 kg, or two people who like each other.",
            attributes: &[
                ("Material", "Cotton"),
                ("Length", "300 cm"),
                ("Carries", "180 kg"),
                ("Straps", "Included"),
            ],
            sketch: &sketches::HAMMOCK,
            colour: Rgb(0xE07A5F),
            offers: &[
                offer("OUT-HAM-COR").colour("Coral").cents(6400).grams(1300).stock(63),
                offer("OUT-HAM-BLU").colour("Lake").cents(6400).grams(1300).stock(0),
            ],
        },
        Item {
            slug: "ember-gas-stove",
            name: "Ember Gas Stove",
            brand: "Skarvik",
            description: "Boils half a litre in three minutes and folds into its own pot. Fits \
                every screw cartridge.",
            attributes: &[
                ("Material", "Steel, brass"),
                ("Power", "2.6 kW"),
                ("Cartridge", "EN 417, sold apart"),
            ],
            sketch: &sketches::STOVE,
            colour: Rgb(0x3F5D78),
            offers: &[offer("OUT-STV-EMB").cents(4900).was(5900).grams(330).stock(92)],
        },
    ],
};
