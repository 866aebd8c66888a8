//! Kitchen › Cookware.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::cookware as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "cookware",
    items: &[
        Item {
            slug: "hearth-enamelled-casserole",
            name: "Hearth Enamelled Casserole",
            brand: "Aldermoor",
            description: "Cast iron that holds its heat through a whole dinner, under three coats \
                of enamel. From hob to oven to table, and into the dishwasher afterwards.",
            attributes: &[
                ("Material", "Cast iron"),
                ("Induction", "Yes"),
                ("Oven safe", "250 °C"),
                ("Guarantee", "25 years"),
            ],
            sketch: &sketches::CASSEROLE,
            colour: Rgb(0xB84A3C),
            offers: &[
                offer("CKW-CAS-24R")
                    .colour("Brick")
                    .size("24 cm")
                    .cents(14900)
                    .grams(4300)
                    .stock(46),
                offer("CKW-CAS-28R")
                    .colour("Brick")
                    .size("28 cm")
                    .cents(18900)
                    .grams(5600)
                    .stock(29),
                offer("CKW-CAS-24B")
                    .colour("Fjord")
                    .size("24 cm")
                    .cents(14900)
                    .grams(4300)
                    .stock(35),
                offer("CKW-CAS-28B")
                    .colour("Fjord")
                    .size("28 cm")
                    .cents(18900)
                    .grams(5600)
                    .stock(22),
            ],
        },
        Item {
            slug: "carbon-steel-frying-pan",
            name: "Carbon Steel Frying Pan",
            brand: "Forge & Ember",
            description: "Lighter than cast iron and nearly as patient. It comes seasoned with \
                linseed oil and gets better with every egg.",
            attributes: &[
                ("Material", "Carbon steel"),
                ("Induction", "Yes"),
                ("Oven safe", "300 °C"),
            ],
            sketch: &sketches::PAN,
            colour: Rgb(0x5A6068),
            offers: &[
                offer("CKW-PAN-20").size("20 cm").cents(4500).grams(980).stock(130),
                offer("CKW-PAN-24").size("24 cm").cents(5500).grams(1350).stock(145),
                offer("CKW-PAN-28").size("28 cm").cents(6500).was(7500).grams(1800).stock(98),
            ],
        },
        Item {
            slug: "copper-saucepan",
            name: "Copper Saucepan with Lid",
            brand: "Forge & Ember",
            description: "Two millimetres of copper lined with steel: heat where you want it, and \
                gone as soon as you take it off. Riveted brass handle.",
            attributes: &[
                ("Material", "Copper, steel"),
                ("Induction", "No"),
                ("Capacity", "1.8 l"),
            ],
            sketch: &sketches::SAUCEPAN,
            colour: Rgb(0xC77A52),
            offers: &[offer("CKW-SAU-18").cents(16900).was(18900).grams(1700).stock(24)],
        },
        Item {
            slug: "olive-wood-board",
            name: "Olive Wood Board",
            brand: "Aldermoor",
            description: "Cut from one piece of olive wood, no two alike. Oil it now and then and \
                it will outlast the kitchen.",
            attributes: &[
                ("Material", "Olive wood"),
                ("Care", "Wipe and oil"),
                ("Made in", "Greece"),
            ],
            sketch: &sketches::BOARD,
            colour: Rgb(0xB88655),
            offers: &[
                offer("CKW-BRD-S").size("35 × 20 cm").cents(3200).grams(900).stock(84),
                offer("CKW-BRD-L").size("45 × 28 cm").cents(4900).grams(1600).stock(57),
            ],
        },
        Item {
            slug: "kestrel-santoku-knife",
            name: "Kestrel Santoku Knife",
            brand: "Forge & Ember",
            description: "A blade of 17 cm for vegetables, fish and everything else, ground thin \
                and hardened to 60 HRC. Please wash it by hand.",
            attributes: &[
                ("Material", "Steel, pakkawood"),
                ("Blade", "17 cm"),
                ("Dishwasher safe", "No"),
            ],
            sketch: &sketches::KNIFE,
            colour: Rgb(0x6B3F34),
            offers: &[offer("CKW-KNF-17").cents(9800).grams(210).stock(72)],
        },
        Item {
            slug: "tall-pepper-mill",
            name: "Tall Pepper Mill",
            brand: "Aldermoor",
            description: "Turned beech around a ceramic grinder with six settings, from dust to \
                cracked. It does coarse salt as well.",
            attributes: &[("Material", "Beech"), ("Grinder", "Ceramic"), ("Height", "22 cm")],
            sketch: &sketches::MILL,
            colour: Rgb(0x7A4B3A),
            offers: &[
                offer("CKW-MIL-DRK").colour("Walnut stain").cents(3400).grams(320).stock(110),
                offer("CKW-MIL-NAT").colour("Natural").cents(3200).grams(320).stock(142),
            ],
        },
        Item {
            slug: "nesting-mixing-bowls",
            name: "Nesting Mixing Bowls, Set of 3",
            brand: "Aldermoor",
            description: "Three sizes that live in the space of one, each with a lip that pours. \
                Deep enough to beat cream in without wearing it.",
            attributes: &[
                ("Material", "Stoneware"),
                ("Bowls", "0.8, 1.6 and 3 l"),
                ("Dishwasher safe", "Yes"),
            ],
            sketch: &sketches::BOWLS,
            colour: Rgb(0x6F8FA3),
            offers: &[
                offer("CKW-BWL-SKY").colour("Sky").cents(5400).grams(2900).stock(66),
                offer("CKW-BWL-OAT").colour("Oat").cents(5400).grams(2900).stock(5),
            ],
        },
        Item {
            slug: "beech-spoon-set",
            name: "Beech Spoon Set",
            brand: "Forge & Ember",
            description: "A spoon, a spatula with slots and one with a hole, shaped to reach the \
                corner of a pan. Finished with food-safe oil.",
            attributes: &[("Material", "Beech"), ("Pieces", "3"), ("Length", "30 cm")],
            sketch: &sketches::SPOONS,
            colour: Rgb(0xB98355),
            offers: &[offer("CKW-SPN-3").cents(1900).grams(180).stock(260)],
        },
    ],
};
