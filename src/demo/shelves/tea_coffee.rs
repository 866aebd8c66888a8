//! Kitchen › Tea & Coffee.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::tea_coffee as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "tea-coffee",
    items: &[
        Item {
            slug: "hazel-stoneware-mug",
            name: "Hazel Stoneware Mug",
            brand: "Aldermoor",
            description: "A generous mug with a rounded foot and a handle that takes three \
                fingers. Each one is dipped by hand, so the line of the glaze is never quite the \
                same. Safe in the dishwasher and the microwave.",
            attributes: &[
                ("Material", "Stoneware"),
                ("Capacity", "0.35 l"),
                ("Dishwasher safe", "Yes"),
                ("Made in", "Portugal"),
            ],
            sketch: &sketches::MUG,
            colour: Rgb(0xB98360),
            offers: &[
                offer("TEA-MUG-HAZ").colour("Hazel").cents(1490).grams(380).stock(240),
                offer("TEA-MUG-MOS").colour("Moss").cents(1490).grams(380).stock(185),
                offer("TEA-MUG-INK").colour("Ink").cents(1490).grams(380).stock(4),
            ],
        },
        Item {
            slug: "heron-gooseneck-kettle",
            name: "Heron Gooseneck Kettle",
            brand: "Brasswick",
            description: "A slim spout pours as slowly as you like, which is all that good filter \
                coffee asks for. Works on every hob, induction included.",
            attributes: &[
                ("Material", "Stainless steel"),
                ("Capacity", "1 l"),
                ("Induction", "Yes"),
                ("Handle", "Walnut"),
            ],
            sketch: &sketches::KETTLE,
            colour: Rgb(0x4E6E73),
            offers: &[
                offer("TEA-KET-PET").colour("Petrol").cents(7900).was(8900).grams(940).stock(62),
                offer("TEA-KET-STL").colour("Steel").cents(7400).grams(940).stock(88),
            ],
        },
        Item {
            slug: "ondine-glass-teapot",
            name: "Ondine Glass Teapot",
            brand: "Aldermoor",
            description: "Mouth-blown borosilicate glass, so that you can see when the tea is \
                ready. The steel infuser lifts out with the lid.",
            attributes: &[
                ("Material", "Borosilicate glass"),
                ("Lid", "Beech"),
                ("Dishwasher safe", "No"),
            ],
            sketch: &sketches::TEAPOT,
            colour: Rgb(0xC98136),
            offers: &[
                offer("TEA-POT-06").with("Capacity", "0.6 l").cents(3400).grams(420).stock(74),
                offer("TEA-POT-10").with("Capacity", "1 l").cents(4200).grams(560).stock(51),
            ],
        },
        Item {
            slug: "brightwater-pour-over-set",
            name: "Brightwater Pour-Over Set",
            brand: "Brasswick",
            description: "A ribbed porcelain dripper on a glass carafe with a collar of ash wood. \
                Comes with forty unbleached filters.",
            attributes: &[
                ("Material", "Porcelain"),
                ("Capacity", "0.7 l"),
                ("Dishwasher safe", "Yes"),
            ],
            sketch: &sketches::DRIPPER,
            colour: Rgb(0xD97B62),
            offers: &[
                offer("TEA-DRP-COR").colour("Coral").cents(4900).grams(890).stock(96),
                offer("TEA-DRP-CHK").colour("Chalk").cents(4900).grams(890).stock(120),
            ],
        },
        Item {
            slug: "northlight-espresso-beans",
            name: "Northlight Espresso Beans",
            brand: "Northlight",
            description: "Brazil and Ethiopia, roasted slowly on Tuesdays and posted on \
                Wednesdays. Chocolate, hazelnut and a little orange in the cup.",
            attributes: &[
                ("Origin", "Brazil, Ethiopia"),
                ("Roast", "Medium"),
                ("Organic", "Yes"),
                ("Grind", "Whole bean"),
            ],
            sketch: &sketches::POUCH,
            colour: Rgb(0x2F5D62),
            offers: &[
                offer("COF-ESP-250").with("Weight", "250 g").cents(990).grams(280).stock(400),
                offer("COF-ESP-1K").with("Weight", "1 kg").cents(3290).grams(1060).stock(160),
            ],
        },
        Item {
            slug: "first-flush-darjeeling",
            name: "First Flush Darjeeling",
            brand: "Northlight",
            description: "The spring picking of one garden: light, floral, with a taste of \
                muscatel. In a tin that keeps it fresh and looks well on the shelf.",
            attributes: &[
                ("Origin", "India"),
                ("Kind", "Black tea"),
                ("Organic", "Yes"),
                ("Steep", "3 minutes at 90 °C"),
            ],
            sketch: &sketches::CADDY,
            colour: Rgb(0x5F7D55),
            offers: &[
                offer("TEA-DAR-100").with("Weight", "100 g").cents(1650).grams(190).stock(210),
                offer("TEA-DAR-250").with("Weight", "250 g").cents(3600).grams(380).stock(90),
            ],
        },
        Item {
            slug: "fenn-hand-grinder",
            name: "Fenn Hand Grinder",
            brand: "Brasswick",
            description: "Forty clicks from espresso to French press, on conical steel burrs. It \
                grinds for two cups in under a minute, and quietly enough for early mornings.",
            attributes: &[
                ("Material", "Walnut, steel"),
                ("Burrs", "Conical, 38 mm"),
                ("Hopper", "30 g"),
            ],
            sketch: &sketches::GRINDER,
            colour: Rgb(0x8A5A3C),
            offers: &[offer("COF-GRN-FEN").cents(8900).was(9900).grams(720).stock(38)],
        },
        Item {
            slug: "morrow-french-press",
            name: "Morrow French Press",
            brand: "Brasswick",
            description: "Copper frame, heat-proof glass and a double filter that keeps the \
                grounds where they belong.",
            attributes: &[
                ("Material", "Glass, copper"),
                ("Care", "Only the glass in the dishwasher"),
                ("Filter", "Stainless steel"),
            ],
            sketch: &sketches::FRENCH_PRESS,
            colour: Rgb(0xBE7B52),
            offers: &[
                offer("COF-PRS-035").with("Capacity", "350 ml").cents(3900).grams(480).stock(67),
                offer("COF-PRS-100").with("Capacity", "1 l").cents(4900).grams(760).stock(0),
            ],
        },
    ],
};
