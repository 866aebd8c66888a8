//! Outdoors › Garden.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::garden as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "garden",
    items: &[
        Item {
            slug: "terracotta-plant-pot",
            name: "Terracotta Plant Pot",
            brand: "Greenhithe",
            description: "Thrown in Tuscany from clay that breathes and stands the frost. With a \
                saucer; the plant is yours to choose.",
            attributes: &[
                ("Material", "Terracotta"),
                ("Frost proof", "Yes"),
                ("Saucer", "Included"),
                ("Made in", "Italy"),
            ],
            sketch: &sketches::PLANT_POT,
            colour: Rgb(0xC56B4A),
            offers: &[
                offer("GRD-POT-14").size("14 cm").cents(1200).grams(900).stock(220),
                offer("GRD-POT-20").size("20 cm").cents(1900).grams(1800).stock(165),
                offer("GRD-POT-30").size("30 cm").cents(3900).grams(4600).stock(70),
            ],
        },
        Item {
            slug: "meadow-watering-can",
            name: "Meadow Watering Can",
            brand: "Greenhithe",
            description: "Galvanised steel with a brass rose that rains rather than pours. \
                Balanced so that a full one is carried with one hand.",
            attributes: &[("Material", "Galvanised steel"), ("Rose", "Brass, removable")],
            sketch: &sketches::WATERING_CAN,
            colour: Rgb(0x5E8C76),
            offers: &[
                offer("GRD-CAN-5").with("Capacity", "5 l").cents(4400).grams(1500).stock(83),
                offer("GRD-CAN-9").with("Capacity", "9 l").cents(5600).grams(2200).stock(49),
            ],
        },
        Item {
            slug: "ash-hand-trowel",
            name: "Ash Hand Trowel",
            brand: "Greenhithe",
            description: "One piece of forged steel, with marks for the depth of bulbs, on a \
                handle of ash that fits the palm.",
            attributes: &[
                ("Material", "Steel, ash"),
                ("Length", "32 cm"),
                ("Guarantee", "10 years"),
            ],
            sketch: &sketches::TROWEL,
            colour: Rgb(0xC08A55),
            offers: &[offer("GRD-TRW-ASH").cents(2200).grams(290).stock(190)],
        },
        Item {
            slug: "bee-meadow-seeds",
            name: "Bee Meadow Seeds",
            brand: "Greenhithe",
            description: "Thirty native flowers that bloom from May to October. One packet is \
                enough for ten square metres of humming.",
            attributes: &[("Area", "10 m²"), ("Sow", "March to June"), ("Organic", "Yes")],
            sketch: &sketches::SEEDS,
            colour: Rgb(0xC85C7A),
            offers: &[
                offer("GRD-SED-10").with("Weight", "50 g").cents(690).grams(60).stock(400),
                offer("GRD-SED-50").with("Weight", "250 g").cents(2490).grams(270).stock(140),
            ],
        },
        Item {
            slug: "cedar-birdhouse",
            name: "Cedar Birdhouse",
            brand: "Greenhithe",
            description: "A dry home for tits and sparrows with a hole of 32 mm and a wall that \
                opens for cleaning. Cedar needs no paint, but we painted the roof.",
            attributes: &[
                ("Material", "Cedar"),
                ("Entrance", "32 mm"),
                ("Mounting", "Post or wall"),
            ],
            sketch: &sketches::BIRDHOUSE,
            colour: Rgb(0x4F7C9C),
            offers: &[offer("GRD-BRD-CED").cents(3400).grams(1400).stock(78)],
        },
        Item {
            slug: "raised-planter",
            name: "Raised Planter",
            brand: "Greenhithe",
            description: "A box of larch for herbs and salad, lined and drained, at the height of \
                a kitchen window. Goes together without tools.",
            attributes: &[
                ("Material", "Larch"),
                ("Lining", "Included"),
                ("Assembly", "10 minutes"),
            ],
            sketch: &sketches::PLANTER,
            colour: Rgb(0xB07B4F),
            offers: &[
                offer("GRD-PLN-80").size("80 cm").cents(7900).grams(6500).stock(37),
                offer("GRD-PLN-120").size("120 cm").cents(9900).was(11900).grams(9200).stock(28),
            ],
        },
        Item {
            slug: "orchard-bench",
            name: "Orchard Bench",
            brand: "Greenhithe",
            description: "Acacia from managed forests, pegged and glued as benches were before \
                screws. Seats three, or one with a newspaper.",
            attributes: &[
                ("Material", "Acacia"),
                ("Width", "150 cm"),
                ("Carries", "300 kg"),
                ("Assembly", "20 minutes"),
            ],
            sketch: &sketches::BENCH,
            colour: Rgb(0x9A6B46),
            offers: &[offer("GRD-BEN-150").cents(24900).grams(19500).stock(20)],
        },
    ],
};
