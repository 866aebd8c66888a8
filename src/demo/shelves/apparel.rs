//! Apparel.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::apparel as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "apparel",
    items: &[
        Item {
            slug: "everyday-tee",
            name: "Everyday Tee",
            brand: "Marlow Wren",
            description: "Heavy organic cotton that keeps its shape, with a collar that does not \
                curl. Cut straight, for everyone.",
            attributes: &[
                ("Material", "Cotton"),
                ("Organic", "Yes"),
                ("Fit", "Regular"),
                ("Wash", "40 °C"),
            ],
            sketch: &sketches::TEE,
            colour: Rgb(0xD09A4A),
            offers: &[
                offer("APP-TEE-OCH-S").colour("Ochre").size("S").cents(2900).grams(190).stock(140),
                offer("APP-TEE-OCH-M").colour("Ochre").size("M").cents(2900).grams(200).stock(220),
                offer("APP-TEE-OCH-L").colour("Ochre").size("L").cents(2900).grams(210).stock(195),
                offer("APP-TEE-OCH-XL").colour("Ochre").size("XL").cents(2900).grams(220).stock(85),
                offer("APP-TEE-NVY-S").colour("Navy").size("S").cents(2900).grams(190).stock(160),
                offer("APP-TEE-NVY-M").colour("Navy").size("M").cents(2900).grams(200).stock(245),
                offer("APP-TEE-NVY-L").colour("Navy").size("L").cents(2900).grams(210).stock(210),
                offer("APP-TEE-NVY-XL").colour("Navy").size("XL").cents(2900).grams(220).stock(92),
            ],
        },
        Item {
            slug: "washed-oxford-shirt",
            name: "Washed Oxford Shirt",
            brand: "Marlow Wren",
            description: "An oxford that has been washed until it is soft, with buttons of corozo \
                nut. Good with a tie, better without.",
            attributes: &[("Material", "Cotton"), ("Fit", "Slim"), ("Wash", "40 °C")],
            sketch: &sketches::SHIRT,
            colour: Rgb(0x9DB8D2),
            offers: &[
                offer("APP-OXF-S").size("S").cents(6900).grams(280).stock(65),
                offer("APP-OXF-M").size("M").cents(6900).grams(295).stock(118),
                offer("APP-OXF-L").size("L").cents(6900).grams(310).stock(104),
                offer("APP-OXF-XL").size("XL").cents(6900).grams(325).stock(48),
            ],
        },
        Item {
            slug: "lambswool-jumper",
            name: "Lambswool Jumper",
            brand: "Marlow Wren",
            description: "A yoke pattern knitted in the round, without seams to scratch. Warm, \
                light, and forgiving after dinner.",
            attributes: &[("Material", "Wool"), ("Fit", "Relaxed"), ("Wash", "Hand wash")],
            sketch: &sketches::JUMPER,
            colour: Rgb(0x9C3F45),
            offers: &[
                offer("APP-JMP-S").size("S").cents(10900).grams(420).stock(38),
                offer("APP-JMP-M").size("M").cents(10900).was(12900).grams(450).stock(57),
                offer("APP-JMP-L").size("L").cents(10900).was(12900).grams(480).stock(51),
                offer("APP-JMP-XL").size("XL").cents(10900).grams(510).stock(4),
            ],
        },
        Item {
            slug: "squall-rain-jacket",
            name: "Squall Rain Jacket",
            brand: "Skarvik",
            description: "Taped seams, a hood that turns with the head, and pockets that stay dry. \
                Made of recycled fishing nets.",
            attributes: &[
                ("Material", "Recycled nylon"),
                ("Water column", "15000 mm"),
                ("Fit", "Regular"),
            ],
            sketch: &sketches::JACKET,
            colour: Rgb(0xE0A92E),
            offers: &[
                offer("APP-RAI-YEL-S").colour("Yellow").size("S").cents(14900).grams(430).stock(36),
                offer("APP-RAI-YEL-M").colour("Yellow").size("M").cents(14900).grams(450).stock(62),
                offer("APP-RAI-YEL-L").colour("Yellow").size("L").cents(14900).grams(470).stock(55),
                offer("APP-RAI-SLT-S").colour("Slate").size("S").cents(14900).grams(430).stock(40),
                offer("APP-RAI-SLT-M").colour("Slate").size("M").cents(14900).grams(450).stock(71),
                offer("APP-RAI-SLT-L").colour("Slate").size("L").cents(14900).grams(470).stock(59),
            ],
        },
        Item {
            slug: "fisher-beanie",
            name: "Fisher Beanie",
            brand: "Marlow Wren",
            description: "Merino in a deep rib, with a bobble that comes off for serious occasions. \
                One size, and it really does fit.",
            attributes: &[("Material", "Merino wool"), ("Size", "One size"), ("Wash", "Hand wash")],
            sketch: &sketches::BEANIE,
            colour: Rgb(0x3F7B77),
            offers: &[
                offer("APP-BEA-TEA").colour("Teal").cents(3400).grams(95).stock(150),
                offer("APP-BEA-RST").colour("Rust").cents(3400).grams(95).stock(134),
                offer("APP-BEA-OAT").colour("Oat").cents(3400).grams(95).stock(88),
            ],
        },
        Item {
            slug: "merino-walking-socks",
            name: "Merino Walking Socks",
            brand: "Marlow Wren",
            description: "Padded where boots rub and thin where they do not. They can be worn for \
                days, which we mention only for the sake of completeness.",
            attributes: &[("Material", "Merino wool"), ("Cut", "Crew"), ("Wash", "40 °C")],
            sketch: &sketches::SOCKS,
            colour: Rgb(0x546FA0),
            offers: &[
                offer("APP-SOX-36").size("36–38").cents(1900).grams(80).stock(170),
                offer("APP-SOX-39").size("39–41").cents(1900).grams(85).stock(230),
                offer("APP-SOX-42").size("42–44").cents(1900).grams(90).stock(215),
                offer("APP-SOX-45").size("45–47").cents(1900).grams(95).stock(95),
            ],
        },
        Item {
            slug: "botanical-tote",
            name: "Botanical Tote",
            brand: "Marlow Wren",
            description: "Canvas of 400 grams with a print from a herbarium and handles long \
                enough for the shoulder. It carries what a bicycle basket does.",
            attributes: &[("Material", "Cotton"), ("Capacity", "16 l"), ("Organic", "Yes")],
            sketch: &sketches::TOTE,
            colour: Rgb(0xD9C7A3),
            offers: &[offer("APP-TOT-BOT").cents(2400).grams(310).stock(280)],
        },
        Item {
            slug: "workshop-apron",
            name: "Workshop Apron",
            brand: "Marlow Wren",
            description: "Twelve-ounce denim with leather straps that cross at the back, so that \
                nothing pulls at the neck. For kitchens, gardens and glue.",
            attributes: &[("Material", "Denim, leather"), ("Pockets", "3"), ("Wash", "30 °C")],
            sketch: &sketches::APRON,
            colour: Rgb(0x3E5674),
            offers: &[offer("APP-APR-DEN").cents(5400).was(5900).grams(560).stock(69)],
        },
    ],
};
