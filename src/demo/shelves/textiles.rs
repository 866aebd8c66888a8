//! Home › Textiles.

use super::super::{
    item::{Item, Shelf, offer},
    sketch::Rgb,
    sketches::textiles as sketches,
};

pub const SHELF: Shelf = Shelf {
    category: "textiles",
    items: &[
        Item {
            slug: "striped-linen-cushion",
            name: "Striped Linen Cushion",
            brand: "Tidewater",
            description: "Stone-washed linen with woven stripes and a hidden zip. The filling is \
                feather, from a certified farm.",
            attributes: &[("Material", "Linen"), ("Filling", "Feather"), ("Wash", "40 °C")],
            sketch: &sketches::CUSHION,
            colour: Rgb(0xC76D4F),
            offers: &[
                offer("TEX-CUS-TER").colour("Terracotta").cents(3900).grams(620).stock(115),
                offer("TEX-CUS-SAG").colour("Sage").cents(3900).grams(620).stock(98),
                offer("TEX-CUS-NVY").colour("Navy").cents(3900).was(4500).grams(620).stock(64),
            ],
        },
        Item {
            slug: "highland-wool-throw",
            name: "Highland Wool Throw",
            brand: "Tidewater",
            description: "Woven of new wool on looms older than anyone who minds them. Heavy \
                enough for the garden in September.",
            attributes: &[
                ("Material", "Wool"),
                ("Size", "140 × 200 cm"),
                ("Made in", "Scotland"),
                ("Wash", "Hand wash"),
            ],
            sketch: &sketches::THROW,
            colour: Rgb(0x4F6F7E),
            offers: &[
                offer("TEX-THR-LOC").colour("Loch").cents(9900).grams(1150).stock(54),
                offer("TEX-THR-HEA").colour("Heather").cents(9900).grams(1150).stock(47),
            ],
        },
        Item {
            slug: "waffle-bath-towel",
            name: "Waffle Bath Towel",
            brand: "Tidewater",
            description: "Organic cotton in a deep waffle weave that drinks a lot and dries by \
                lunch time.",
            attributes: &[("Material", "Cotton"), ("Organic", "Yes"), ("Wash", "60 °C")],
            sketch: &sketches::TOWELS,
            colour: Rgb(0x8FB0A9),
            offers: &[
                offer("TEX-TWL-HND").size("50 × 80 cm").cents(1600).grams(190).stock(280),
                offer("TEX-TWL-BTH").size("75 × 140 cm").cents(2900).grams(430).stock(230),
                offer("TEX-TWL-SHT").size("100 × 160 cm").cents(4200).grams(690).stock(120),
            ],
        },
        Item {
            slug: "washed-linen-bedding",
            name: "Washed Linen Bedding",
            brand: "Tidewater",
            description: "Cool in summer, warm in winter, never ironed. A duvet cover and pillow \
                cases of French flax.",
            attributes: &[("Material", "Linen"), ("Closure", "Coconut buttons"), ("Wash", "40 °C")],
            sketch: &sketches::BEDDING,
            colour: Rgb(0x8C93B8),
            offers: &[
                offer("TEX-BED-S").size("Single").cents(14900).grams(1400).stock(39),
                offer("TEX-BED-D").size("Double").cents(19900).was(22900).grams(2100).stock(44),
                offer("TEX-BED-K").size("King").cents(23900).grams(2500).stock(20),
            ],
        },
        Item {
            slug: "flat-weave-rug",
            name: "Caravan Flat-Weave Rug",
            brand: "Tidewater",
            description: "Wool on a cotton warp, knotless and reversible. The pattern is drawn \
                from the saddle bags of traders.",
            attributes: &[("Material", "Wool, cotton"), ("Reversible", "Yes")],
            sketch: &sketches::RUG,
            colour: Rgb(0xA84E42),
            offers: &[
                offer("TEX-RUG-S").size("80 × 150 cm").cents(15900).grams(2600).stock(26),
                offer("TEX-RUG-M").size("140 × 200 cm").cents(28900).grams(5600).stock(20),
                offer("TEX-RUG-L").size("200 × 300 cm").cents(54900).grams(12000).stock(2),
            ],
        },
        Item {
            slug: "linen-tea-towels",
            name: "Linen Tea Towels, Pair",
            brand: "Tidewater",
            description: "Half linen, half cotton: polishes glasses without a trace of fluff. One \
                with stripes, one with lines.",
            attributes: &[("Material", "Linen, cotton"), ("Size", "50 × 70 cm"), ("Wash", "60 °C")],
            sketch: &sketches::TEA_TOWELS,
            colour: Rgb(0x3F6FA0),
            offers: &[
                offer("TEX-TTW-BLU").colour("Blue").cents(1800).grams(160).stock(310),
                offer("TEX-TTW-RED").colour("Red").cents(1800).grams(160).stock(270),
            ],
        },
        Item {
            slug: "veil-curtain",
            name: "Veil Curtain, Pair",
            brand: "Tidewater",
            description: "Loosely woven cotton that softens the light and keeps the street out. \
                With tape and loops for a pole or a rail.",
            attributes: &[("Material", "Cotton"), ("Length", "250 cm"), ("Wash", "30 °C")],
            sketch: &sketches::CURTAIN,
            colour: Rgb(0x7EA08A),
            offers: &[
                offer("TEX-CUR-SAG").colour("Sage").cents(8900).grams(1500).stock(42),
                offer("TEX-CUR-WHT").colour("White").cents(8500).grams(1500).stock(61),
            ],
        },
    ],
};
