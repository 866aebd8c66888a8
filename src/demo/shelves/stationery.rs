//! Stationery.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::stationery as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "stationery",
    items: &[
        Item {
            slug: "cloth-bound-notebook",
            name: "Cloth-Bound Notebook",
            brand: "Quarto & Sons",
            description: "192 pages of ivory paper that takes a fountain pen without showing it on \
                the other side. Sewn, so it lies flat on any page.",
            attributes: &[
                ("Paper", "100 g/m²"),
                ("Pages", "192"),
                ("Format", "A5"),
                ("Binding", "Sewn"),
            ],
            sketch: &sketches::NOTEBOOK,
            colour: Rgb(0x2F6F73),
            offers: &[
                offer("STA-NTB-DOT").with("Ruling", "Dots").cents(1890).grams(340).stock(350),
                offer("STA-NTB-LIN").with("Ruling", "Lines").cents(1890).grams(340).stock(290),
                offer("STA-NTB-BLK").with("Ruling", "Blank").cents(1890).grams(340).stock(210),
            ],
        },
        Item {
            slug: "quill-fountain-pen",
            name: "Quill Fountain Pen",
            brand: "Quarto & Sons",
            description: "A steel nib that writes at the first touch, in a barrel of lacquered \
                brass. Takes cartridges or the converter that is in the box.",
            attributes: &[("Material", "Brass"), ("Filling", "Cartridge, converter")],
            sketch: &sketches::PEN,
            colour: Rgb(0x2A3F6B),
            offers: &[
                offer("STA-PEN-EF").with("Nib", "Extra fine").cents(5900).grams(38).stock(74),
                offer("STA-PEN-F").with("Nib", "Fine").cents(5900).grams(38).stock(122),
                offer("STA-PEN-M").with("Nib", "Medium").cents(5900).was(6500).grams(38).stock(118),
            ],
        },
        Item {
            slug: "five-shade-pencils",
            name: "Five-Shade Pencils",
            brand: "Quarto & Sons",
            description: "From 2H to 4B, each lead in its own shade of one colour, so that the \
                hand finds the right one. California cedar.",
            attributes: &[("Material", "Cedar"), ("Grades", "2H, HB, B, 2B, 4B"), ("Pieces", "5")],
            sketch: &sketches::PENCILS,
            colour: Rgb(0xC7643F),
            offers: &[
                offer("STA-PCL-TER").colour("Terracotta").cents(1200).grams(45).stock(260),
                offer("STA-PCL-BLU").colour("Blue").cents(1200).grams(45).stock(245),
            ],
        },
        Item {
            slug: "bottled-ink",
            name: "Bottled Ink",
            brand: "Quarto & Sons",
            description: "Fifty millilitres of a colour with some depth to it. Dries in ten \
                seconds and washes out of shirts, mostly.",
            attributes: &[("Volume", "50 ml"), ("Waterproof", "No"), ("Vegan", "Yes")],
            sketch: &sketches::INK,
            colour: Rgb(0x3B3E8C),
            offers: &[
                offer("STA-INK-MID").colour("Midnight").cents(1390).grams(210).stock(180),
                offer("STA-INK-FOR").colour("Forest").cents(1390).grams(210).stock(135),
                offer("STA-INK-WIN").colour("Wine").cents(1390).grams(210).stock(5),
            ],
        },
        Item {
            slug: "perpetual-desk-calendar",
            name: "Perpetual Desk Calendar",
            brand: "Quarto & Sons",
            description: "Twelve sheets without weekdays, for birthdays and everything else that \
                comes back each year.",
            attributes: &[("Paper", "250 g/m²"), ("Format", "A5"), ("Recycled", "Yes")],
            sketch: &sketches::CALENDAR,
            colour: Rgb(0xD05B52),
            offers: &[offer("STA-CAL-PER").cents(1690).grams(320).stock(105)],
        },
        Item {
            slug: "letter-writing-set",
            name: "Letter Writing Set",
            brand: "Quarto & Sons",
            description: "Twenty sheets and as many envelopes of cotton paper with a deckle edge. \
                The seals are paper too, and need only a damp thumb.",
            attributes: &[("Paper", "Cotton, 120 g/m²"), ("Pieces", "60"), ("Format", "C6")],
            sketch: &sketches::ENVELOPES,
            colour: Rgb(0x9A4A5E),
            offers: &[
                offer("STA-LET-BUR").colour("Burgundy").cents(2400).grams(380).stock(88),
                offer("STA-LET-SEA").colour("Sea").cents(2400).grams(380).stock(94),
            ],
        },
        Item {
            slug: "paper-tape-trio",
            name: "Paper Tape Trio",
            brand: "Quarto & Sons",
            description: "Three rolls of rice paper tape that sticks, comes off and sticks again. \
                For parcels, walls and diaries.",
            attributes: &[("Material", "Rice paper"), ("Width", "1.5 cm"), ("Rolls", "3 × 10 m")],
            sketch: &sketches::TAPES,
            colour: Rgb(0x3F8F86),
            offers: &[offer("STA-TAP-3").cents(990).was(1190).grams(110).stock(330)],
        },
        Item {
            slug: "tailors-scissors",
            name: "Tailor's Scissors",
            brand: "Forge & Ember",
            description: "Forged blades of 21 cm with a screw you can tighten. Cuts paper, linen \
                and, if it must, cardboard.",
            attributes: &[("Material", "Steel"), ("Length", "21 cm"), ("Hand", "Right")],
            sketch: &sketches::SCISSORS,
            colour: Rgb(0x3A5E4F),
            offers: &[offer("STA-SCI-21").cents(3200).grams(190).stock(97)],
        },
    ],
};
