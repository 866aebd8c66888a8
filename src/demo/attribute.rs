//! What the products of each category can say of themselves. One name means the same everywhere in
//! the shop: it is one facet.

use super::CATEGORIES;
use crate::domain::catalogue::attribute::{Decimal, Definition, Kind, Value};

/// How a term is said.
#[derive(Clone, Copy)]
enum Says {
    Text,
    Flag,
    /// A number, with its unit or none.
    Number(Option<&'static str>),
    Choice(&'static [&'static str]),
}

/// An attribute.
struct Term {
    name: &'static str,
    says: Says,
    required: bool,
}

const fn text(name: &'static str) -> Term {
    Term { name, says: Says::Text, required: false }
}

const fn flag(name: &'static str) -> Term {
    Term { name, says: Says::Flag, required: false }
}

const fn count(name: &'static str) -> Term {
    Term { name, says: Says::Number(None), required: false }
}

const fn number(name: &'static str, unit: &'static str) -> Term {
    Term { name, says: Says::Number(Some(unit)), required: false }
}

const fn choice(name: &'static str, choices: &'static [&'static str]) -> Term {
    Term { name, says: Says::Choice(choices), required: false }
}

impl Term {
    const fn required(self) -> Self {
        Term { required: true, ..self }
    }
}

/// Of the demo shop and of made-up catalogues, which may come into one shop.
const MATERIAL: Term = choice(
    "Material",
    &[
        "Acacia",
        "Aluminium",
        "Ash",
        "Ash, cotton",
        "Bamboo",
        "Beech",
        "Beeswax",
        "Borosilicate glass",
        "Brass",
        "Carbon steel",
        "Cast iron",
        "Cedar",
        "Ceramic",
        "Copper",
        "Copper, steel",
        "Cotton",
        "Denim, leather",
        "Enamelled steel",
        "Galvanised steel",
        "Glass",
        "Glass, copper",
        "Larch",
        "Linen",
        "Linen, cotton",
        "Merino wool",
        "Oak",
        "Oak, linen",
        "Olive wood",
        "Paper, bamboo",
        "Porcelain",
        "Recycled nylon",
        "Recycled polyester",
        "Rice paper",
        "Ripstop nylon",
        "Stainless steel",
        "Steel",
        "Steel, ash",
        "Steel, brass",
        "Steel, pakkawood",
        "Stoneware",
        "Terracotta",
        "Walnut",
        "Walnut, steel",
        "Waxed canvas",
        "Wool",
        "Wool, cotton",
    ],
);
const STYLE: Term = choice("Style", &super::load::STYLES);
const WASH: Term = choice("Wash", &["30 °C", "40 °C", "60 °C", "Hand wash"]);

/// By the slugs of [`CATEGORIES`].
const TERMS: [(&str, &[Term]); 11] = [
    (
        "kitchen",
        &[
            number("Capacity", "l"),
            flag("Dishwasher safe"),
            flag("Induction"),
            text("Care"),
            text("Made in"),
        ],
    ),
    (
        "tea-coffee",
        &[
            MATERIAL,
            STYLE,
            choice("Kind", &["Black tea", "Green tea", "White tea", "Herbal tea"]),
            choice("Roast", &["Light", "Medium", "Dark"]),
            choice("Grind", &["Whole bean", "Filter", "Espresso"]),
            flag("Organic"),
            text("Origin"),
            text("Steep"),
            number("Hopper", "g"),
            text("Burrs"),
            text("Filter"),
            text("Handle"),
            text("Lid"),
        ],
    ),
    (
        "cookware",
        &[
            MATERIAL.required(),
            STYLE,
            number("Oven safe", "°C"),
            number("Length", "cm"),
            number("Height", "cm"),
            number("Blade", "cm"),
            count("Pieces"),
            number("Guarantee", "years"),
            text("Bowls"),
            text("Grinder"),
        ],
    ),
    ("home", &[text("Made in")]),
    (
        "lighting",
        &[
            MATERIAL,
            STYLE,
            choice("Socket", &["E14", "E27", "GU10"]),
            flag("Bulb included"),
            flag("Dimmable"),
            number("Height", "cm"),
            number("Burning time", "hours"),
            text("Light"),
            text("Cable"),
        ],
    ),
    (
        "textiles",
        &[
            MATERIAL.required(),
            STYLE,
            WASH,
            flag("Organic"),
            flag("Reversible"),
            number("Length", "cm"),
            text("Size"),
            text("Filling"),
            text("Closure"),
        ],
    ),
    ("outdoors", &[number("Length", "cm"), number("Carries", "kg")]),
    (
        "camping",
        &[
            MATERIAL,
            STYLE,
            choice("Water", &["Splash proof", "Repellent", "Waterproof"]),
            number("Water column", "mm"),
            count("Seasons"),
            number("Comfort", "°C"),
            flag("Insulated"),
            number("Power", "kW"),
            number("Battery", "mAh"),
            text("Light"),
            text("Cartridge"),
            text("Care"),
            text("Laptop"),
            text("Pack size"),
            text("Straps"),
        ],
    ),
    (
        "garden",
        &[
            MATERIAL,
            STYLE,
            flag("Frost proof"),
            flag("Organic"),
            number("Width", "cm"),
            number("Area", "m²"),
            number("Entrance", "mm"),
            number("Assembly", "minutes"),
            number("Guarantee", "years"),
            text("Sow"),
            text("Rose"),
            text("Saucer"),
            text("Lining"),
            text("Mounting"),
            text("Made in"),
        ],
    ),
    (
        "stationery",
        &[
            MATERIAL,
            STYLE,
            choice("Format", &["A4", "A5", "A6", "C6"]),
            count("Pages"),
            count("Pieces"),
            number("Length", "cm"),
            number("Width", "cm"),
            number("Volume", "ml"),
            flag("Recycled"),
            flag("Vegan"),
            flag("Waterproof"),
            choice("Hand", &["Left", "Right"]),
            text("Paper"),
            text("Binding"),
            text("Filling"),
            text("Grades"),
            text("Rolls"),
        ],
    ),
    (
        "apparel",
        &[
            MATERIAL.required(),
            STYLE,
            choice("Fit", &["Slim", "Regular", "Relaxed"]),
            WASH,
            flag("Organic"),
            number("Water column", "mm"),
            number("Capacity", "l"),
            count("Pockets"),
            text("Size"),
            text("Cut"),
        ],
    ),
];

/// What is defined at a category itself.
pub fn definitions(category: &str) -> impl Iterator<Item = Definition> {
    terms(category).map(|term| Definition {
        name: term.name.to_owned(),
        kind: match term.says {
            Says::Text => Kind::Text,
            Says::Flag => Kind::Boolean,
            Says::Number(_) => Kind::Number,
            Says::Choice(_) => Kind::Enumeration,
        },
        unit: match term.says {
            Says::Number(unit) => unit.map(str::to_owned),
            Says::Text | Says::Flag | Says::Choice(_) => None,
        },
        required: term.required,
        choices: match term.says {
            Says::Choice(choices) => choices.iter().map(|it| (*it).to_owned()).collect(),
            Says::Text | Says::Flag | Says::Number(_) => Vec::new(),
        },
    })
}

/// What a product of the category says, read from how a shelf writes it: a number with its unit
/// behind it, Yes or No.
pub fn value(category: &str, name: &str, said: &str) -> Value {
    let parent = CATEGORIES.iter().find(|it| it.0 == category).and_then(|it| it.2);
    let mut known = terms(category).chain(parent.into_iter().flat_map(terms));
    let says = known.find(|it| it.name == name).map_or(Says::Text, |it| it.says);
    let read = match says {
        Says::Text | Says::Choice(_) => None,
        Says::Flag => {
            ["No", "Yes"].iter().position(|it| *it == said).map(|it| Value::Flag(it == 1))
        }
        Says::Number(None) => Decimal::parse(said).map(Value::Number),
        Says::Number(Some(_)) => said.split_once(' ').and_then(|(number, unit)| {
            let value = Decimal::parse(number)?;
            Some(Value::Measure { value, unit: unit.to_owned() })
        }),
    };
    read.unwrap_or_else(|| Value::text(said))
}

fn terms(category: &str) -> impl Iterator<Item = &'static Term> {
    TERMS.iter().filter(move |it| it.0 == category).flat_map(|it| it.1)
}
